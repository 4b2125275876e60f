"""Promises about clients that read their answers slowly."""
import hashlib
import http.client
import json
import random
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from server import Server, picture
from sharing import noise

# Bytes a second: the readers', and those of a line of 2 Mbit/s.
SLOW, LINE = 300, 250_000
REGION = "features?region=0,0,64,64"
# The readers' address is 127.0.0.1: a client of the same takes turns with them, others go first.
OTHERS = "127.0.0.2"
# Bytes of a row of 64 pixels.
ROW = 64 * 384 * 4


class Readers:
    """Slow readers of some paths, while the block lasts."""

    def __init__(self, server, count, paths, rate=SLOW):
        self.process = subprocess.Popen(
            [sys.executable, Path(__file__).parent / "slow_readers.py", str(count),
             str(server.port), str(rate), *paths],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        self.process.stdout.readline()
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.became = json.loads(self.process.stdout.read())
        self.process.wait()


def timed(server, *request, address="127.0.0.1"):
    """The status of an answer and the seconds that it took; none after half a minute."""
    began = time.monotonic()
    try:
        status = server.ask(*request, timeout=30, address=address)[0]
    except (OSError, http.client.HTTPException):
        status = None
    return status, time.monotonic() - began


class Others:
    """Clients that ask for a small region, and others that send images, again and again."""

    def __init__(self, server, field, seconds):
        self.server, self.until = server, time.monotonic() + seconds
        region = lambda chance: ("GET", f"/fields/{field}/{REGION}")
        image = lambda chance: ("POST", "/features?quality=draft&flips=none&output=cls",
                                noise(chance, 56))
        asked = {"region": (region, OTHERS), "image": (image, OTHERS),
                 "region of the readers' address": (region, "127.0.0.1")}
        self.answers = {name: [] for name in asked}
        self.threads = [threading.Thread(target=self.ask, args=(name, *kind))
                        for name, kind in asked.items()]
        for thread in self.threads:
            thread.start()

    def ask(self, name, make, address):
        chance = random.Random()
        while time.monotonic() < self.until:
            self.answers[name].append(timed(self.server, *make(chance), address=address))
            time.sleep(0.2)

    def told(self):
        for thread in self.threads:
            thread.join()
        return ", ".join(
            f"{name} {len(answers)} times, {max(took for _, took in answers):.2f} s at most, "
            f"statuses {sorted({str(status) for status, _ in answers})}"
            for name, answers in self.answers.items())

    def are_answered(self, within=1, of_the_same=10):
        """Whether all were answered in time, in seconds; a client of the readers' own address is
        one with them, and waits for the answers that it asked for itself."""
        return all(status == 200 and took < (within if "readers" not in name else of_the_same)
                   for name, answers in self.answers.items() for status, took in answers)


def download(port, path, rate=None, pause=0):
    """The digest and the length of an answer that is read at some bytes a second."""
    connection = socket.create_connection(("127.0.0.1", port), 60)
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(1)
    digest, length, began = hashlib.sha256(), 0, time.monotonic()
    next_pause = 10
    while True:
        if rate:
            time.sleep(max(0, length / rate - (time.monotonic() - began)))
        if pause and time.monotonic() - began > next_pause:
            time.sleep(pause)
            next_pause += 10 + pause
        part = connection.recv(16384 if rate else 1 << 20)
        if not part:
            return digest.hexdigest(), length
        digest.update(part)
        length += len(part)


def field(server):
    status, body = server.ask(
        "POST", "/fields?quality=draft&flips=none", picture(), {"Content-Type": "image/png"})
    assert status in (200, 201), body
    return json.loads(body)["id"]


def readers(weights, connections=1000, seconds=60):
    """Slow readers of one address keep nobody waiting, and a slow line gets all of its answer."""
    is_kept = True
    options = ("--connections", str(connections + 200), "--address-connections", "0",
               "--log-level", "error")
    kinds = ["features?format=tiff", "features", "features?format=tiff&normalise=l2",
             "pca?components=64&format=npy", "attention"]
    for count, kinds in ((60, kinds[:1]), (connections, kinds)):
        with Server(weights, *options) as server:
            id = field(server)
            paths = [f"/fields/{id}/{kind}" for kind in kinds]
            long = f"/fields/{id}/features?region=0,0,64,{min(500, seconds * LINE // ROW)}"
            timed(server, "GET", f"/fields/{id}/pca")
            calm = Others(server, id, 3).told()
            before = server.resident()[0]
            line = {}
            slow_line = threading.Thread(
                target=lambda: line.update(got=download(server.port, long, LINE, 3)))
            with Readers(server, count, paths) as crowd:
                time.sleep(2)
                others = Others(server, id, seconds)
                slow_line.start()
                told = others.told()
                resident = server.resident()
            slow_line.join()
            whole = download(server.port, long)
            cut = crowd.became["cut"]
            print(f"  {count} readers of {len(kinds)} kinds of answer, {SLOW} bytes a second each: "
                  f"{crowd.became['answered']} answered, {len(cut)} cut, {min(cut, default=0):.1f} "
                  f"to {max(cut, default=0):.1f} s after the last came")
            print(f"    before: {calm}")
            print(f"    beside: {told}")
            print(f"    memory {before} MiB before, {resident[0]} beside them, "
                  f"{resident[1]} at most")
            print(f"    a line of 2 Mbit/s got {line['got'][1]} of {whole[1]} bytes")
            is_kept &= others.are_answered() and line["got"] == whole
            is_kept &= len(cut) == count
    return is_kept
