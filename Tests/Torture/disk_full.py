"""Promises about a disk that is full: what was taken is done, what was refused is not there."""
import json
import os
import subprocess
import tempfile
from pathlib import Path

from answers import make_weights
from keeping import small
from server import Server

MIB = 1 << 20
SIZE = 24


def disk_full(weights):
    """A store on a disk that fills up: submissions are 507, and taken again once there is room."""
    if os.getuid() != 0:
        print("  root is needed, to mount a small disk")
        return False
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as place:
        make_weights(folder, weights)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}m", "tmpfs", place], check=True)
        try:
            return fill(folder, Path(place))
        finally:
            subprocess.run(["umount", "-l", place], check=True)


def fill(folder, place):
    ballast = place / "ballast"
    ballast.write_bytes(bytes(4 * MIB))
    taken, refused, others = {}, 0, []
    with Server(folder, "--workers", "1", "--threads", "1", "--disk-bytes", str(64 * MIB),
                store=f"{place}/store") as server:
        def submit(number, pad):
            # Bytes behind a PNG's end are no part of the picture, and take room.
            image = small(number) + os.urandom(pad)
            status, body = server.ask("POST", "/features?quality=fine&output=pca", image,
                                      {"Prefer": "respond-async", "Idempotency-Key": f"k{number}"})
            if status == 202:
                taken[json.loads(body)["id"]] = number
            return status, body

        number = 0
        while refused < 5 and number < 400:
            number += 1
            status, body = submit(number, 256 << 10)
            if status == 507:
                refused += 1
            elif status != 202:
                others.append((status, body[:200]))
        full = server.ask("GET", "/livez")[0], server.ask("GET", "/jobs")[0]
        listed = jobs_of(server)
        ballast.unlink()
        status, _ = submit(1000, 1000)
        states = {}
        for job in taken:
            document = json.loads(server.ask("GET", f"/jobs/{job}?wait=55")[1])
            states[document.get("state")] = states.get(document.get("state"), 0) + 1
            if document.get("state") == "failed":
                kind = document["problem"]["type"]
                states[kind] = states.get(kind, 0) + 1
    print(f"  {len(taken)} submissions taken, {refused} refused with 507 on a disk of {SIZE} MiB, "
          f"{others or 'nothing else'}; while it was full /livez and /jobs answered {full} and "
          f"{len(listed)} jobs were there; after room was made one more was {status}")
    print(f"  how they ended: {states}")
    # A job that ran while the disk was full may have failed of it, and says so.
    failed = states.get("failed", 0)
    return (refused == 5 and not others and full == (200, 200) and status == 202
            and set(listed) == set(taken) - {job for job, n in taken.items() if n == 1000}
            and states.get("done", 0) + failed == len(taken)
            and states.get("/problems/no-room", 0) == failed)


def jobs_of(server):
    found, after = [], ""
    while True:
        page = json.loads(server.ask("GET", f"/jobs?limit=1000{after}")[1])
        found += [job["id"] for job in page["jobs"]]
        if "next" not in page:
            return found
        after = f"&after={page['next']}"
