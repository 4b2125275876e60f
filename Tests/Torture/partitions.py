"""Promises about networks and databases that fail: what was taken is done once, whoever is cut off."""
import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import tempfile
import threading
import time

from answers import make_weights
from machines import OPTIONS, Networks, Process, noise, submit
from postgres import Postgres
from server import Server

MODEL = ("--workers", "1", "--threads", "1")
"""Seconds within which a process must notice that nobody answers it any more."""
NOTICE = 15
"""Seconds within which a job of a worker that is silent must wait again: a lease, a beat and a sweep."""
TAKEN_OVER = 45

# Counts every end of a job, so that none can be had twice unseen.
ENDS = """
CREATE TABLE ended(seq BIGINT, epoch BIGINT, state BIGINT);
CREATE FUNCTION note() RETURNS trigger AS $$ BEGIN
  IF NEW.state > 1 OR OLD.state > 1 THEN
    INSERT INTO ended VALUES (NEW.seq, NEW.epoch, NEW.state); END IF;
  RETURN NEW; END $$ LANGUAGE plpgsql;
CREATE TRIGGER note AFTER UPDATE OF state ON job FOR EACH ROW
  WHEN (NEW.state IS DISTINCT FROM OLD.state) EXECUTE FUNCTION note();
"""


class Feed:
    """Batches of new images, as long as something is to be done meanwhile."""

    def __init__(self, server, seed, ahead=12):
        self.server, self.chance, self.ahead = server, random.Random(seed), ahead
        self.images, self.refused, self.ending = {}, 0, threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while not self.ending.is_set():
            try:
                counts = json.loads(self.server.ask("GET", "/jobs?state=waiting&limit=50")[1])
                if len(counts["jobs"]) < self.ahead:
                    batch = [noise(self.chance.randrange(1 << 40)) for _ in range(8)]
                    named = {"sha256-" + hashlib.sha256(image).hexdigest(): image for image in batch}
                    submit(self.server, named)
                    self.images.update(named)
            except (AssertionError, OSError, KeyError, ValueError):
                self.refused += 1
            time.sleep(0.2)

    def end(self):
        self.ending.set()
        self.thread.join()


def everything_ended(database, seconds=240):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if database.query("SELECT count(*) FROM job WHERE state < 2").strip() == "0":
                return True
        except subprocess.CalledProcessError:
            pass
        time.sleep(0.5)
    return False


def verdict(database, server, feed):
    """Jobs, those that ended twice, those that were lost, and answers that differ from a request's."""
    taken = int(database.query("SELECT count(*) FROM job").strip())
    done = int(database.query("SELECT count(*) FROM job WHERE state = 2").strip())
    twice = int(database.query(
        "SELECT count(*) FROM (SELECT seq FROM ended GROUP BY seq HAVING count(*) > 1) again").strip())
    again = int(database.query("SELECT count(*) FROM job WHERE losses > 0").strip())
    wrong = 0
    query = "&".join(f"{name}={value}" for name, value in OPTIONS.items())
    jobs = []
    for batch in json_lines(database):
        lines = server.ask("GET", f"/batches/{batch}/jobs")[1].splitlines()
        jobs += [json.loads(line) for line in lines]
    for job in random.Random(1).sample(jobs, min(40, len(jobs))):
        answer = server.ask("GET", job["result"]["path"]) if job["state"] == "done" else None
        with_image = server.ask("POST", f"/features?{query}", feed.images[job["name"]])
        wrong += answer != with_image
    return taken, done, twice, again, wrong


def json_lines(database):
    """The ids of all batches, as their paths write them."""
    rows = database.query("SELECT encode(id, 'hex') FROM batch ORDER BY seq").split()
    return ["-".join((row[:8], row[8:12], row[12:16], row[16:20], row[20:])) for row in rows]


def connections(space, port):
    """Established connections of a network's processes to a port."""
    told = subprocess.run(
        ["ip", "netns", "exec", space, "ss", "-tnH", "state", "established", "dport", f"= :{port}"],
        capture_output=True, text=True).stdout
    return len(told.splitlines())


def noticed(space, port, cut, limit=60):
    """Seconds from a cut until no connection is believed in, or None."""
    while time.monotonic() - cut < limit:
        if connections(space, port) == 0:
            return time.monotonic() - cut
        time.sleep(0.1)
    return None


@contextlib.contextmanager
def laboratory(folder, place, database, address, shared, seed, worker_address=None, spaces=(None,)):
    """A server with a feed of batches, and workers in these networks, all on one backlog and one store."""
    with Server(folder, *MODEL, "--jobs", address, "--shared", shared,
                store=f"{place}/server") as server:
        database.query(ENDS)
        feed = Feed(server, seed)
        workers = [
            Process("work", "--jobs", worker_address or address, "--shared", shared,
                    "--weights", folder, *MODEL, space=space) for space in spaces]
        for worker in workers:
            worker.wait_for("Works on jobs")
        yield server, feed, workers


def ended_in_order(workers):
    """The exit statuses of workers that are asked to end."""
    for worker in workers:
        worker.send(signal.SIGTERM)
    return [worker.end(90) for worker in workers]


def partitions(weights, seed=1):
    """Workers that are cut off from the database, both ways and one way: noticed, healed, nothing twice."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as place:
        make_weights(folder, weights)
        with Networks(2) as networks:
            if not networks.names:
                print("  network namespaces are needed (root, apt-get install iproute2)")
                return False
            with Postgres(18190, ("127.0.0.1", networks.host)) as database:
                return cut_off(folder, place, networks, database, seed)


def cut_off(folder, place, networks, database, seed):
    store = Process("store", "--host", networks.host, "--port", "18191", "--allow-anonymous",
                    "--store", f"{place}/shared")
    store.wait_for("answers at")
    base = f"http://{networks.host}:18191"
    spaces = [networks.space(number) for number in range(2)]
    with laboratory(folder, place, database, database.address(), base, seed,
                    database.address(networks.host), spaces) as (server, feed, workers):
        # Nobody is judged before a process, and the database, has been there for 45 seconds.
        time.sleep(50)
        cut = time.monotonic()
        networks.ip("link set eyepiece1 down")
        both = noticed("eyepiece1", 18190, cut)
        over = gone_after(database, cut)
        networks.ip("link set eyepiece1 up")
        healed = back_after(database, "10.84.71.2", time.monotonic())
        time.sleep(5)
        # What the worker says arrives; what it is told does not.
        cut = time.monotonic()
        networks.ip("neigh replace 10.84.71.3 lladdr 02:00:00:00:00:99 dev eyepiece0 nud permanent")
        one_way = noticed("eyepiece2", 18190, cut)
        time.sleep(5)
        networks.ip("neigh del 10.84.71.3 dev eyepiece0")
        healed_too = back_after(database, "10.84.71.3", time.monotonic())
        feed.end()
        ended = everything_ended(database)
        taken, done, twice, again, wrong = verdict(database, server, feed)
        statuses = ended_in_order(workers)
    store.send(signal.SIGTERM)
    store.end()
    words = [f"{seconds:.1f} s" if seconds is not None else "never"
             for seconds in (both, over, healed, one_way, healed_too)]
    print(f"  cut both ways: noticed after {words[0]}, its jobs wait for others after {words[1]}, it "
          f"works again {words[2]} after the cable is in")
    print(f"  cut one way: noticed after {words[3]}, it works again {words[4]} after")
    print(f"  {taken} jobs: {done} done, {twice} ended twice, {again} begun again, {wrong} of 40 answers "
          f"differ from a request's; exit statuses {statuses}")
    return (ended and done == taken and twice == 0 and wrong == 0
            and both is not None and both <= NOTICE and one_way is not None and one_way <= NOTICE
            and over is not None and over <= TAKEN_OVER
            and healed is not None and healed_too is not None
            and all(status == 0 for status in statuses))


def gone_after(database, cut, limit=90):
    """Seconds from a cut until a worker is known to be gone, or None."""
    while time.monotonic() - cut < limit:
        if database.query("SELECT count(*) FROM worker WHERE gone = 1").strip() != "0":
            return time.monotonic() - cut
        time.sleep(0.2)
    return None


def back_after(database, address, moment, limit=60):
    """Seconds until an address has begun a connection since a moment, and ran a call through it."""
    while time.monotonic() - moment < limit:
        fresh = database.query(
            "SELECT count(*) FROM pg_stat_activity WHERE client_addr = "
            f"'{address}' AND backend_start > clock_timestamp() - interval "
            f"'{time.monotonic() - moment:.1f} s' AND query <> ''").strip()
        if fresh != "0":
            return time.monotonic() - moment
        time.sleep(0.2)
    return None


def promotion(weights, seed=1):
    """A standby that is promoted under load when the first server dies: nothing that was taken is lost."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as place:
        make_weights(folder, weights)
        os.mkdir(f"{place}/shared")
        with Postgres(18190) as first:
            with first.standby(18192) as second:
                # Of the first alone: the standby would wait for one of its own.
                first.query("ALTER SYSTEM SET synchronous_standby_names = '*'")
                first.query("SELECT pg_reload_conf()")
                address = "postgres://eyepiece@127.0.0.1:18190,127.0.0.1:18192/eyepiece"
                with laboratory(folder, place, first, address, f"{place}/shared", seed) as parts:
                    return promote(*parts, first, second)


def promote(server, feed, workers, first, second):
    time.sleep(15)
    taken_before = len(feed.images)
    first.stop()
    died = time.monotonic()
    time.sleep(3)
    second.promote()
    promoted = time.monotonic()
    held = int(second.query("SELECT count(*) FROM job").strip())
    done_then = int(second.query("SELECT count(*) FROM job WHERE state = 2").strip())
    works = submits = None
    while time.monotonic() - promoted < 90 and None in (works, submits):
        now = time.monotonic() - promoted
        if works is None and int(
                second.query("SELECT count(*) FROM job WHERE state = 2").strip()) > done_then:
            works = now
        if submits is None and int(second.query("SELECT count(*) FROM job").strip()) > held:
            submits = now
        time.sleep(0.1)
    time.sleep(5)
    feed.end()
    ended = everything_ended(second)
    taken, done, twice, again, wrong = verdict(second, server, feed)
    # A submission whose answer was lost may be there beside its repetition, but none may be missing.
    known = set(second.query("SELECT encode(image, 'hex') FROM job").split())
    lost = sum(name.removeprefix("sha256-") not in known for name in feed.images)
    [status] = ended_in_order(workers)
    told = [f"{seconds:.1f} s" if seconds is not None else "never" for seconds in (works, submits)]
    print(f"  {taken_before} jobs were taken when the first server died; the standby was promoted "
          f"{promoted - died:.1f} s later, a job ended on it {told[0]} after that, and one was taken "
          f"{told[1]} after")
    print(f"  {taken} jobs: {done} done, {lost} of {len(feed.images)} acknowledged lost, {twice} ended "
          f"twice, {again} begun again, {wrong} of 40 answers differ; exit status {status}")
    return (ended and lost == 0 and done == taken and twice == 0 and wrong == 0 and status == 0
            and None not in (works, submits))
