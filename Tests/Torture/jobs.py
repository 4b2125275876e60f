"""Promises about jobs: what was taken is done, whatever is killed."""
import hashlib
import http.client
import json
import random
import tempfile
import time

from answers import make_weights
from keeping import small
from server import Server

OPTIONS = "quality=fine&output=pca"


def ask(server, *request):
    """An answer, or None where the server was killed meanwhile."""
    try:
        return server.ask(*request)
    except (OSError, http.client.HTTPException):
        return None


def jobs(weights, count=40, seed=1):
    """Whether a job that was taken is ever lost, or has other bytes, --count kill -9 at random moments."""
    chance, taken, images, ready = random.Random(seed), {}, {}, []
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as store:
        make_weights(folder, weights)
        options = ("--model", "tiny_vit", "--workers", "2", "--memory-bytes", "0")
        number = 0
        for _ in range(count):
            begun = time.monotonic()
            server = Server(folder, *options, store=store)
            ready.append(time.monotonic() - begun)
            end = time.monotonic() + 0.05 + 0.6 * chance.random()
            while time.monotonic() < end:
                number += 1
                image = small(number)
                name = "sha256-" + hashlib.sha256(image).hexdigest()
                images[name] = image
                answer = ask(server, "POST", f"/features?{OPTIONS}", image,
                             {"Prefer": "respond-async", "Idempotency-Key": str(number)})
                if answer and answer[0] == 202:
                    taken[json.loads(answer[1])["id"]] = name
            server.process.kill()
            server.process.wait()
        with Server(folder, *options, store=store) as server:
            states, losses, wrong = {}, 0, 0
            for job, name in taken.items():
                for _ in range(5):
                    status, body = server.ask("GET", f"/jobs/{job}?wait=55")
                    document = json.loads(body)
                    if status != 200 or "ended" in document:
                        break
                state = document["state"] if status == 200 else "lost"
                states[state] = states.get(state, 0) + 1
                losses += document.get("losses", 0)
                if state == "done":
                    _, answer = server.ask("GET", document["result"]["path"])
                    _, again = server.ask("POST", f"/features?{OPTIONS}", images[name])
                    wrong += answer != again
    print(f"  {count} kills; {len(taken)} jobs were taken: {states}; a process died under one "
          f"{losses} times; {wrong} answers differ; ready after {max(ready):.2f} s at most")
    bad = states.get("lost", 0) + states.get("cancelled", 0) + states.get("expired", 0)
    return bad == 0 and wrong == 0
