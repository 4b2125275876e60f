"""Checks of stored fields and images, in memory and on disk."""
import hashlib
import http.client
import json
import os
import random
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from bad_input import png
from server import Server, picture

FIELD = "/fields?quality=draft&flips=none"


def small(number):
    """A picture of 28×28 pixels, different for each number."""
    import zlib

    chance = random.Random(number)
    rows = b"".join(b"\0" + chance.randbytes(28) for _ in range(28))
    return png(28, 28, data=zlib.compress(rows))


def seconds_of(process):
    """The processor time of a process."""
    numbers = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")


def crowd(weights):
    """The work for 200 clients that request the same field at once."""
    query = "/fields?quality=draft&shifts=1&flips=none"
    with Server(weights, "--connections", "300") as server:
        server.ask("POST", "/features?quality=draft&flips=none&output=cls", picture("grey8.png"))
        before = seconds_of(server.process)
        server.ask("POST", query, picture("two_phase.png"))
        alone = seconds_of(server.process) - before
    with Server(weights, "--connections", "300") as server:
        server.ask("POST", "/features?quality=draft&flips=none&output=cls", picture("grey8.png"))
        before = seconds_of(server.process)
        answers = []
        clients = [threading.Thread(target=lambda: answers.append(
            server.ask("POST", query, picture("two_phase.png")))) for _ in range(200)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        together = seconds_of(server.process) - before
    kinds = {body for _, body in answers}
    statuses = sorted({status for status, _ in answers})
    print(f"  one client: {alone:.2f} s of processors; 200 together: {together:.2f} s; "
          f"statuses {statuses}, {len(kinds)} different bodies")
    return len(kinds) == 1 and set(statuses) <= {200, 201} and together < 2 * alone + 3


def budgets(weights):
    """The use of 32 MiB of memory and 16 MiB of disk by 500 different images."""
    with tempfile.TemporaryDirectory() as store, Server(
            weights, "--memory-bytes", str(32 << 20), "--disk-bytes", str(16 << 20),
            store=store) as server:
        server.ask("POST", FIELD, small(0))
        start, most, disk, failed = server.resident(), 0, 0, 0
        for number in range(1, 501):
            failed += server.ask("POST", FIELD, small(number))[0] != 201
            most = max(most, server.resident()[0])
            if number % 10 == 0:
                disk = max(disk, sum(
                    x.stat().st_size for x in Path(store).rglob("*") if x.is_file()))
        print(f"  memory {start[0]} MiB after the first, {start[1]} at its start, {most} at most; "
              f"disk {disk / 2**20:.1f} MiB at most; {failed} failed")
    return failed == 0 and most < start[1] + 64 and disk <= 16 << 20


def damage(weights):
    """Whether a flipped bit in any file of the store reaches a client."""
    chance, wrong, answers = random.Random(1), 0, []
    with tempfile.TemporaryDirectory() as store:
        for trial in range(40):
            with Server(weights, "--memory-bytes", "0", store=store) as server:
                status, body = server.ask("POST", FIELD, small(trial % 4))
                path = f"/fields/{json.loads(body)['id']}/features"
                good = server.ask("GET", path)[1]
                files = [x for x in Path(store).rglob("*")
                         if x.is_file() and x.stat().st_size > 0 and len(x.name) == 64]
                file = chance.choice(files)
                data = bytearray(file.read_bytes())
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
                file.write_bytes(data)
                status, body = server.ask("GET", path)
                answers.append((file.parent.parent.name, status))
                wrong += status == 200 and body != good or status not in (200, 404, 410)
    counted = {x: answers.count(x) for x in sorted(set(answers))}
    print(f"  40 flipped bits, (shelf, status): {counted}; wrong bytes served: {wrong}")
    return wrong == 0


def killing(weights):
    """Whether kill -9 during writes ever leaves a wrong byte, 50 times."""
    chance, wrong, served, lost = random.Random(2), 0, 0, 0
    known = {}
    with tempfile.TemporaryDirectory() as store:
        for trial in range(50):
            server = Server(weights, "--memory-bytes", "0", store=store)
            for path, digest in random.Random(trial).sample(sorted(known.items()), min(
                    3, len(known))):
                status, body = server.ask("GET", path)
                served += status == 200
                lost += status != 200
                wrong += status == 200 and hashlib.sha256(body).hexdigest() != digest
            stop = threading.Event()

            def write():
                number = 100 * trial
                while not stop.is_set():
                    number += 1
                    try:
                        status, body = server.ask("POST", FIELD, small(number))
                        path = f"/fields/{json.loads(body)['id']}/features"
                        status, body = server.ask("GET", path)
                        known[path] = hashlib.sha256(body).hexdigest()
                    except (OSError, http.client.HTTPException, ValueError, KeyError):
                        return
            writer = threading.Thread(target=write)
            writer.start()
            time.sleep(0.1 + 0.5 * chance.random())
            server.process.kill()
            server.process.wait()
            stop.set()
            writer.join()
        with Server(weights, "--memory-bytes", "0", store=store) as server:
            for path, digest in sorted(known.items()):
                status, body = server.ask("GET", path)
                served += status == 200
                lost += status != 200
                wrong += status == 200 and hashlib.sha256(body).hexdigest() != digest
            left = [x for x in Path(store).rglob("*") if x.is_file() and len(x.name) != 64]
    print(f"  50 kills; {len(known)} fields were answered before one; asked again {served} times "
          f"with the same bytes, {lost} lost, {wrong} wrong; files that are no entries: "
          f"{sorted(x.name for x in left)}")
    return wrong == 0 and lost == 0


def resuming(weights):
    """Whether curl resumes an interrupted download, across a restart of the server."""
    with tempfile.TemporaryDirectory() as folder:
        store, file = f"{folder}/store", f"{folder}/features.npy"
        with Server(weights, store=store) as server:
            _, body = server.ask("POST", FIELD, picture("two_phase.png"))
            path = f"/fields/{json.loads(body)['id']}/features"
            whole = server.ask("GET", path)[1]
            subprocess.run(
                ["curl", "-s", "--max-filesize", str(1 << 40), "--limit-rate", "30M",
                 "--max-time", "1.5", "-o", file, f"http://127.0.0.1:{server.port}{path}"])
        cut = os.path.getsize(file)
        with Server(weights, store=store) as server:
            subprocess.run(
                ["curl", "-s", "-C", "-", "-o", file, f"http://127.0.0.1:{server.port}{path}"],
                check=True)
        data = Path(file).read_bytes()
    print(f"  cut after {cut} of {len(whole)} bytes; the resumed file is "
          f"{'the same' if data == whole else 'ANOTHER'}")
    return 0 < cut < len(whole) and data == whole
