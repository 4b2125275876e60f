"""Promises about what a token may not see: nothing of an answer tells whether it is there."""
import hashlib
import http.client
import json
import subprocess
import tempfile
import time
from statistics import median

import server as own
from answers import make_weights
from keeping import small
from server import Server

UNKNOWN = "01930000-0000-7000-8000-000000000000"
"""How often one of two may have taken longer: of 400 pairs half, give or take four deviations."""
LEAST, MOST = 0.4, 0.6


def hidden(weights, count=400):
    """--count requests for another token's jobs and batches, and as many for none: status, length, time."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as place:
        make_weights(folder, weights)
        tokens = f"{place}/tokens.json"
        ada, bob = (added(name, tokens) for name in ("ada", "bob"))
        with Server(folder, "--workers", "1", "--threads", "1", "--token-file", tokens,
                    "--model", "tiny_vit", store=f"{place}/store") as server:
            job, batch = submitted(server, ada)
            return compared(server, bob, job, batch, count)


def added(name, tokens):
    made = subprocess.run([own.PROGRAM, "token", "add", name, "--token-file", tokens], check=True,
                          capture_output=True, text=True)
    return {"Authorization": "Bearer " + made.stdout.strip()}


def submitted(server, fields):
    """A job and a batch of 2,000, most of which wait or run."""
    image = small(1)
    name = "sha256-" + hashlib.sha256(image).hexdigest()
    assert server.ask("PUT", f"/images/{name}", image, fields)[0] in (200, 201)
    jobs = [{"image": name, "name": f"{number}"} for number in range(2000)]
    body = json.dumps({"defaults": {"output": "pca", "quality": "fine"}, "jobs": jobs})
    status, answer = server.ask("POST", "/batches", body, fields)
    assert status == 202, answer
    batch = json.loads(answer)["id"]
    members = server.ask("GET", f"/batches/{batch}/jobs", None, fields)[1].splitlines()
    return json.loads(members[0])["id"], batch


def compared(server, fields, job, batch, count):
    pairs = [(method, path.format(job), path.format(UNKNOWN)) for method, path in (
        ("GET", "/jobs/{}"), ("GET", "/jobs/{}?wait=0"), ("GET", "/jobs/{}/result"),
        ("GET", "/jobs/{}/events"), ("DELETE", "/jobs/{}"), ("DELETE", "/jobs/{}?forget"))]
    pairs += [(method, path.format(batch), path.format(UNKNOWN)) for method, path in (
        ("GET", "/batches/{}"), ("GET", "/batches/{}/jobs"), ("GET", "/batches/{}/results"),
        ("GET", "/batches/{}/events"), ("GET", "/jobs?batch={}"), ("DELETE", "/batches/{}"))]
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    is_kept = True
    for method, there, not_there in pairs:
        times, told = ([], []), (set(), set())
        for number in range(count):
            # In turn, and each first as often as the other.
            for which in ((0, 1) if number % 2 == 0 else (1, 0)):
                began = time.perf_counter()
                connection.request(method, (there, not_there)[which], None, fields)
                answer = connection.getresponse()
                body = answer.read()
                times[which].append(time.perf_counter() - began)
                told[which].add((answer.status, len(body)))
        longer = sum(one > other for one, other in zip(*times)) / count
        is_same = told[0] == told[1] and LEAST <= longer <= MOST
        print(f"  {method} {there.replace(job, 'ID').replace(batch, 'ID')}: {told[0]} and {told[1]}, "
              f"median {1e3 * median(times[0]):.3f} and {1e3 * median(times[1]):.3f} ms, another's "
              f"longer in {100 * longer:.0f} %{'' if is_same else ': IT TELLS'}", flush=True)
        is_kept = is_kept and is_same
    connection.close()
    return is_kept
