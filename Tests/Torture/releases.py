"""Promises about two releases: each goes on with the other's jobs, in a file and beside it on a database."""
import json
import os
import signal
import tempfile
import time

import machines
from answers import make_weights
from jobs import ask
from keeping import small
from postgres import Postgres
from server import PROGRAM, Server

OPTIONS = "quality=fine&output=pca"
MODEL = ("--workers", "1", "--threads", "1", "--model", "tiny_vit")


def releases(weights, program=None, count=40):
    """An earlier release (--program FILE) and this one, in turn on one store, and together on a database."""
    if program is None:
        print("  --program names the program of an earlier release")
        return False
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as place:
        make_weights(folder, weights)
        is_kept = in_turn(folder, place, program, count)
        return beside(folder, place, program, count) and is_kept


def in_turn(folder, place, program, count):
    """kill -9 after each; what one has taken the other does."""
    images, ready = {}, []
    for turn in range(6):
        begun = time.monotonic()
        server = Server(folder, *MODEL, store=f"{place}/store",
                        program=program if turn % 2 == 0 else PROGRAM)
        ready.append(time.monotonic() - begun)
        for number in range(count // 5):
            image = small(1000 * turn + number)
            answer = ask(server, "POST", f"/features?{OPTIONS}", image,
                         {"Prefer": "respond-async", "Idempotency-Key": f"{turn}.{number}"})
            if answer and answer[0] == 202:
                images[json.loads(answer[1])["id"]] = image
        server.process.kill()
        server.process.wait()
    states, wrong = {}, {"old": 0, "new": 0}
    for name, one in (("old", program), ("new", PROGRAM)):
        with Server(folder, *MODEL, store=f"{place}/store", program=one) as server:
            for job, image in images.items():
                document = json.loads(server.ask("GET", f"/jobs/{job}?wait=55")[1])
                if name == "old":
                    states[document["state"]] = states.get(document["state"], 0) + 1
                if document["state"] != "done":
                    wrong[name] += 1
                    continue
                answer = server.ask("GET", document["result"]["path"])
                wrong[name] += answer != server.ask("POST", f"/features?{OPTIONS}", image)
    print(f"  in turn on one store, with kill -9 after each of {len(ready)}: {len(images)} jobs were "
          f"taken: {states}; answers that differ from a request's, by the old one {wrong['old']}, by "
          f"the new one {wrong['new']}; ready after {max(ready):.1f} s at most")
    return len(images) > 0 and not any(wrong.values())


def beside(folder, place, program, count):
    """A server of each, with workers of the other, at the same time; a worker of each is killed."""
    os.mkdir(f"{place}/shared")
    with Postgres(18190) as database:
        common = ("--jobs", database.address(), "--shared", f"{place}/shared")
        # Tables of the old one, then of the new one: each meets what the other made.
        made = {"old": program, "new": PROGRAM}
        servers = {name: Server(folder, *MODEL, *common, store=f"{place}/{name}", program=one)
                   for name, one in made.items()}
        workers = [machines.Process("work", *common, "--weights", folder, *MODEL, program=one)
                   for one in (program, PROGRAM, program, PROGRAM)]
        for worker in workers:
            worker.wait_for("Works on jobs")
        batches, images = {}, {}
        for number, (name, server) in enumerate(servers.items()):
            mine = {}
            for index in range(count):
                image = machines.noise(5000 * number + index)
                mine["sha256-" + machines.hashlib.sha256(image).hexdigest()] = image
            batches[name] = machines.submit(server, mine)
            images.update(mine)
        workers[0].send(signal.SIGKILL)
        workers[1].send(signal.SIGKILL)
        states, wrong = {}, 0
        for name, batch in batches.items():
            other = servers["new" if name == "old" else "old"]
            machines.ended(other, batch)
            digests, jobs = machines.results(other, batch)
            for job in jobs:
                states[job["state"]] = states.get(job["state"], 0) + 1
            query = "&".join(f"{key}={value}" for key, value in machines.OPTIONS.items())
            for job in jobs[:10]:
                status, body = other.ask("POST", f"/features?{query}", images[job["name"]])
                wrong += digests.get(job["name"]) != machines.hashlib.sha256(body).hexdigest()
        run_by = database.query(
            "SELECT count(DISTINCT worker) FROM job WHERE state = 2").strip()
        again = database.query("SELECT count(*) FROM job WHERE losses > 0").strip()
        statuses = []
        for worker in workers[2:]:
            worker.send(signal.SIGTERM)
            statuses.append(worker.end(90))
        for server in servers.values():
            server.__exit__()
    print(f"  together on a database, a server and two workers of each, one worker of each killed: "
          f"{states}, done by {run_by} processes, {again} begun again since a worker died, {wrong} of "
          f"20 answers differ; exit statuses {statuses}")
    return states == {"done": 2 * count} and wrong == 0 and statuses == [0, 0]
