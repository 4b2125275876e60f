"""Promises about many machines: whoever dies, every image is computed, with one machine's bytes."""
import atexit
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from functools import partial
from pathlib import Path

import nginx
import other_dav
from answers import make_weights
from bad_input import png
from postgres import Postgres
from server import PROGRAM, Server

OPTIONS = {"quality": "fine", "output": "pca"}
SIDE = 56
BRIDGE = "eyepiece0"
"""Seconds after which a worker that is silent is believed dead, and noticed by the others."""
LEASE = 45


class Process:
    """A program of ours whose lines are kept; none outlives this one."""

    all = []

    def __init__(self, *arguments, space=None, program=PROGRAM):
        # In a network of its own, which another process holds: the signal must reach ours.
        prefix = ["ip", "netns", "exec", space] if space else []
        self.lines = []
        self.process = subprocess.Popen(
            [*prefix, str(program), *arguments], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True)
        Process.all.append(self.process)
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line)

    def wait_for(self, word, seconds=90):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            if any(word in line for line in self.lines):
                return
            time.sleep(0.05)
        sys.exit(f"bin/torture: no {word!r} from a program:\n" + "".join(self.lines))

    def send(self, number):
        self.process.send_signal(number)

    def end(self, seconds=60):
        """The exit status."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return None


@atexit.register
def kill_all():
    for process in Process.all:
        if process.poll() is None:
            process.kill()


class Networks:
    """Network namespaces with a bridge between them, where this process may make them."""

    def __init__(self, count):
        self.names, self.host = [], "127.0.0.1"
        if os.getuid() != 0 or not shutil.which("ip"):
            return
        try:
            self.ip(f"link add {BRIDGE} type bridge")
            self.ip(f"addr add 10.84.71.1/24 dev {BRIDGE}")
            self.ip(f"link set {BRIDGE} up")
            for number in range(count):
                name = f"eyepiece{number + 1}"
                self.ip(f"netns add {name}")
                self.names.append(name)
                self.ip(f"link add {name} type veth peer name eth0 netns {name}")
                self.ip(f"link set {name} master {BRIDGE} up")
                self.ip(f"-n {name} addr add 10.84.71.{number + 2}/24 dev eth0")
                self.ip(f"-n {name} link set eth0 up")
                self.ip(f"-n {name} link set lo up")
            self.host = "10.84.71.1"
        except subprocess.CalledProcessError:
            self.__exit__()
            self.names = []

    @staticmethod
    def ip(words):
        subprocess.run(["ip", *words.split()], check=True, capture_output=True)

    def space(self, number):
        return self.names[number] if self.names else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in self.names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)
        subprocess.run(["ip", "link", "del", BRIDGE], capture_output=True)


def noise(number):
    """A picture different for each number, on which a processor works for some tenths of a second."""
    chance = random.Random(number)
    rows = b"".join(b"\0" + chance.randbytes(SIDE) for _ in range(SIDE))
    return png(SIDE, SIDE, data=zlib.compress(rows))


def submit(server, images):
    """Sends the images and a batch of them; returns its id."""
    for name, image in images.items():
        status, body = server.ask("PUT", f"/images/{name}", image)
        assert status in (200, 201), body
    batch = {"defaults": OPTIONS, "jobs": [{"image": name, "name": name} for name in images]}
    status, body = server.ask("POST", "/batches", json.dumps(batch))
    assert status == 202, (status, body)
    return json.loads(body)["id"]


def progress(server, batch):
    return json.loads(server.ask("GET", f"/batches/{batch}")[1])


def results(server, batch):
    """SHA-256 of each image's answer, and the jobs."""
    lines = server.ask("GET", f"/batches/{batch}/jobs")[1].splitlines()
    jobs = [json.loads(line) for line in lines]
    digests = {}
    for job in jobs:
        if job["state"] == "done":
            status, body = server.ask("GET", job["result"]["path"])
            digests[job["name"]] = hashlib.sha256(body).hexdigest() if status == 200 else status
    return digests, jobs


def own_store(place, host):
    """`eyepiece store` on a folder."""
    store = Process("store", "--host", host, "--port", "18191", "--allow-anonymous", "--store",
                    f"{place}/shared")
    store.wait_for("answers at")
    return store


def dav_store(make, place, host):
    """A server on a folder, made by a function of that folder."""
    folder = Path(place) / "dav"
    folder.mkdir(exist_ok=True)
    store = make(folder, host, 18191)
    store.wait_for(f"http://{host}:18191/")
    return store


DAV = {"nginx": partial(dav_store, nginx.store), "lighttpd": partial(dav_store, other_dav.lighttpd),
       "apache2": partial(dav_store, other_dav.apache)}


def dav(weights, count=120, seed=1):
    """The same as machines, with each DAV server that is here as the store: nginx, lighttpd, Apache."""
    kept, found = True, False
    for name, serving in DAV.items():
        if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin"):
            found = True
            print(f"  {name}:", flush=True)
            kept = machines(weights, count, seed, serving) and kept
    return kept and found


def machines(weights, count=120, seed=1, serving=own_store):
    """--count images on three workers with one database and one store, all of which die meanwhile."""
    chance = random.Random(seed)
    images = {}
    while len(images) < count:
        image = noise(chance.randrange(1 << 20))
        images["sha256-" + hashlib.sha256(image).hexdigest()] = image
    model = ["--workers", "1", "--threads", "1"]
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as place:
        make_weights(folder, weights)
        with Server(folder, *model, store=f"{place}/alone") as alone:
            wanted, _ = results(alone, ended(alone, submit(alone, images)))
        with Networks(3) as networks, Postgres(18190, ("127.0.0.1", networks.host)) as database:
            store = serving(place, networks.host)
            base = f"http://{networks.host}:18191"
            with Server(folder, *model, "--jobs", database.address(), "--shared", base,
                        store=f"{place}/server") as server:
                batch = submit(server, images)
                working = ["work", "--jobs", database.address(networks.host), "--shared", base,
                           "--weights", folder, *model]
                begun = time.monotonic()
                workers = [Process(*working, space=networks.space(number)) for number in range(3)]
                for worker in workers:
                    worker.wait_for("Works on jobs")
                told = happen(server, batch, count, workers, database, store,
                              lambda: serving(place, networks.host))
                last = Process(*working, "--until-empty", space=networks.space(0))
                ended(server, batch)
                seconds = time.monotonic() - begun
                statuses = [worker.end() for worker in workers[2:]] + [last.end(120)]
                workers[1].send(signal.SIGTERM)
                statuses.append(workers[1].end())
                found, jobs = results(server, batch)
            told.send(signal.SIGTERM)
            told.end()
    return judge(count, wanted, found, jobs, statuses, seconds, bool(networks.names))


def happen(server, batch, count, workers, database, store, serving):
    """One worker is killed, one stopped for longer than its lease, one drained; the database crashes,
    and so does the store. Returns the store that is there then."""
    def reach(part):
        while True:
            try:
                document = progress(server, batch)
                if document["done"] >= part * count or "ended" in document:
                    return
            except (OSError, KeyError, ValueError):
                pass
            time.sleep(0.05)

    reach(0.1)
    workers[0].send(signal.SIGKILL)
    reach(0.2)
    workers[1].send(signal.SIGSTOP)
    stopped = time.monotonic()
    reach(0.3)
    database.stop()
    time.sleep(3)
    database.start()
    reach(0.45)
    store.send(signal.SIGKILL)
    store.end()
    time.sleep(5)
    store = serving()
    reach(0.6)
    workers[2].send(signal.SIGTERM)
    time.sleep(max(0, stopped + LEASE - time.monotonic()))
    workers[1].send(signal.SIGCONT)
    return store


def ended(server, batch):
    for _ in range(60):
        status, body = server.ask("GET", f"/batches/{batch}?wait=55")
        if status == 200 and "ended" in json.loads(body):
            return batch
        time.sleep(0.5)
    sys.exit("bin/torture: a batch does not end:\n" + body.decode())


def judge(count, wanted, found, jobs, statuses, seconds, apart):
    states = {}
    for job in jobs:
        states[job["state"]] = states.get(job["state"], 0) + 1
    wrong = sum(found.get(name) != wanted[name] for name in wanted)
    again = [job for job in jobs if job["attempt"] > 1]
    lost = [job for job in jobs if job["losses"] > 0]
    where = "each worker in a network of its own" if apart else "all in one network"
    print(f"  {count} images in {seconds:.0f} s, {where}: {states}; {wrong} answers differ from one "
          "machine's")
    print(f"  begun again: {len(again)} jobs, {len(lost)} of them since a worker died or was silent; "
          f"exit statuses {statuses}")
    return states == {"done": count} and wrong == 0 and all(status == 0 for status in statuses)
