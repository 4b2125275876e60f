"""Promises about turns: of two clients with work that waits, neither is ahead by more than a job of each."""
import hashlib
import json
import random
import sqlite3
import subprocess
import tempfile
import zlib

import server as own
from answers import make_weights
from bad_input import png
from server import Server

CLIENTS = 5


def picture(chance):
    """A picture of some size, so that jobs take from a few to a hundred milliseconds."""
    side = chance.randrange(28, 150)
    rows = b"".join(b"\0" + chance.randbytes(side) for _ in range(side))
    return png(side, side, data=zlib.compress(rows))


def fairness(weights, count=400, seed=1):
    """--count jobs of random sizes of five tokens, submitted one token after the other: how far one is ahead."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as place:
        make_weights(folder, weights)
        tokens = f"{place}/tokens.json"
        heads = []
        for number in range(CLIENTS):
            made = subprocess.run(
                [own.PROGRAM, "token", "add", f"t{number}", "--token-file", tokens], check=True,
                capture_output=True, text=True)
            heads.append({"Authorization": "Bearer " + made.stdout.strip()})
        with Server(folder, "--workers", "1", "--threads", "1", "--token-file", tokens,
                    store=f"{place}/store") as server:
            batches = []
            for head in heads:
                names = []
                for _ in range(count // CLIENTS):
                    image = picture(chance)
                    names.append("sha256-" + hashlib.sha256(image).hexdigest())
                    status, body = server.ask("PUT", f"/images/{names[-1]}", image, head)
                    assert status in (200, 201), body
                order = {"defaults": {"quality": "fine", "output": "cls"},
                         "jobs": [{"image": name} for name in names]}
                batches.append((head, order))
            # All images are there before: the submissions follow each other at once.
            links = []
            for head, order in batches:
                status, body = server.ask("POST", "/batches", json.dumps(order), head)
                assert status == 202, body
                links.append((head, json.loads(body)["id"]))
            for head, batch in links:
                while "ended" not in json.loads(
                        server.ask("GET", f"/batches/{batch}?wait=55", fields=head)[1]):
                    pass
        with sqlite3.connect(f"{place}/store/jobs/jobs.sqlite") as file:
            # WAL mode of a file that its server has closed.
            rows = file.execute(
                "SELECT client, seconds, state, started, created FROM job ORDER BY ended").fetchall()
    return judge(rows, count)


def judge(rows, count):
    done = sum(state == 2 for _, _, state, *_ in rows)
    # What began before all had work is of another time.
    from_then = max(created for *_, created in rows)
    left, served = {}, {}
    for client, *_ in rows:
        left[client] = left.get(client, 0) + 1
        served[client] = 0
    most, places = 0, 0
    for client, seconds, _, started, _ in rows:
        left[client] -= 1
        if started < from_then:
            continue
        served[client] += seconds
        if min(left.values()) == 0:
            break
        places += 1
        most = max(most, max(served.values()) - min(served.values()))
    longest = max(seconds for _, seconds, *_ in rows)
    total = sum(seconds for _, seconds, *_ in rows)
    print(f"  {done} of {count} jobs done, of {total:.1f} predicted seconds; while all of {len(served)} "
          f"clients had work ({places} ends of jobs) one was ahead of another by {most:.3f} s at most, "
          f"the longest job takes {longest:.3f} s")
    return done == count and most <= 2 * longest and places > count // 4
