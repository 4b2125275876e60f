"""Promises about memory: what is resident, against what the caches say that they hold."""
import json
import random
import re

from server import Server, picture

WARM = ("stride=7&flips=both&layer=0&facet=query",)
FIELDS = (
    "stride=7&flips=both&layer=0", "stride=7&flips=hrdv2&layer=0&facet=key",
    "stride=9&flips=horizontal&shifts=1,3&neighbourhood=neumann&layer=0",
    "stride=7&fit=crop&resize=504&flips=vertical&layer=1")
PATHS = (
    "features?region={x},{y},40,30", "features?points={x},{y};1,1", "features?grid=patch",
    "features?region={x},{y},64,48&dtype=float16&format=npz", "pca", "pca?format=npy&components=3",
    "similarity?x={x}&y={y}", "similarity?x={x}&y={y}&format=png", "attention?format=png",
    "attention?attention=key&grid=patch", "foreground", "cls")
VIEWS = [f"upsample={upsample}&alignment={alignment}" for upsample in ("bilinear", "nearest")
         for alignment in ("patches", "image")]


def counted(server):
    """Bytes that the caches in memory say that they hold."""
    text = server.ask("GET", "/metrics")[1].decode()
    return int(re.search(r'^eyepiece_cache_bytes\{level="memory"\} (\d+)', text, re.M)[1])


def resident(server):
    return server.resident()[0] << 20


def mixed(server, fields, count, seed):
    """Asks so many mixed questions of some fields; returns the statuses that were no 200."""
    chance, wrong = random.Random(seed), []
    ids = [json.loads(server.ask("POST", f"/fields?{field}", picture())[1])["id"]
           for field in fields]
    for _ in range(count):
        path = chance.choice(PATHS).format(x=chance.randrange(400), y=chance.randrange(300))
        path += ("&" if "?" in path else "?") + chance.choice(VIEWS)
        status, _ = server.ask("GET", f"/fields/{chance.choice(ids)}/{path}")
        if status != 200:
            wrong.append(f"{status} {path}")
    return wrong


def memory(weights, count=200):
    """What is resident beside what the caches count, after --count mixed questions of fields."""
    ratios, wrong = [], []
    for dtype in ("float32", "float16"):
        with Server(weights, "--field-dtype", dtype, "--log-level", "error") as server:
            # What is there once, whatever is cached: threads, what they work in, the model.
            wrong += mixed(server, WARM, 40, 1)
            before = resident(server), counted(server)
            wrong += mixed(server, FIELDS, count, 2)
            after = resident(server), counted(server)
        growth, held = after[0] - before[0], after[1] - before[1]
        ratios.append(growth / held)
        print(f"  {dtype}: resident {growth / 2**20:.0f} MiB more, counted {held / 2**20:.0f} MiB "
              f"more: {growth / held:.2f} times")
    for line in wrong:
        print(f"  WRONG {line}")
    return not wrong and max(ratios) <= 1.2
