"""Promises about clocks that jump: nothing is lost, done twice or deleted early."""
import hashlib
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from answers import make_weights
from machines import Process, noise, submit
from partitions import ENDS, MODEL, Feed, everything_ended, verdict
from postgres import Postgres
from server import Server

class Clock:
    """The wall clock of processes that are started while it is entered; their steady ones go on."""

    def __init__(self, folder):
        self.library, self.file = f"{folder}/clock.so", Path(folder) / "time"
        source = Path(__file__).with_name("clock.c")
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", self.library, source], check=True)
        self.set(0)

    def set(self, seconds, rate=1):
        """Seconds that it is ahead, and how fast it goes from now on."""
        numbers = struct.pack("3d", seconds, rate, time.time())
        # In place: the processes have the file in their memory.
        with open(self.file, "r+b" if self.file.exists() else "wb") as file:
            file.write(numbers)

    def __enter__(self):
        os.environ.update(LD_PRELOAD=self.library, WALL_CLOCK=str(self.file))
        return self

    def __exit__(self, *_):
        for name in ("LD_PRELOAD", "WALL_CLOCK"):
            del os.environ[name]


HOUR, YEAR = 3600, 365 * 86400


def clocks(weights, seed=1):
    """Clocks that jump by hours and a year while jobs run: of a server with a file, and of one machine of several."""
    if not shutil.which("cc"):
        print("  a compiler of C is needed")
        return False
    with tempfile.TemporaryDirectory() as folder:
        make_weights(folder, weights)
        return alone(folder, seed) & together(folder, seed)


def alone(folder, seed):
    """A server with its own file, whose clock jumps a year ahead and back."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as place:
        clock = Clock(place)
        with clock:
            server = Server(folder, *MODEL, store=f"{place}/store")
        with server:
            def batch(count):
                images = [noise(chance.randrange(1 << 40)) for _ in range(count)]
                return submit(server, {
                    "sha256-" + hashlib.sha256(image).hexdigest(): image for image in images})

            def ended(name):
                for _ in range(4):
                    document = json.loads(server.ask("GET", f"/batches/{name}?wait=30")[1])
                    if "ended" in document:
                        return document["done"]
                return -1

            first = batch(5)
            done = [ended(first)]
            for offset in (HOUR, -HOUR, YEAR, 0):
                clock.set(offset)
                # Several sweeps, which are 10 seconds apart.
                time.sleep(35)
                done.append(ended(batch(3)))
            kept = server.ask("GET", f"/batches/{first}")[0]
            listed = len(json.loads(server.ask("GET", "/jobs?limit=1000")[1])["jobs"])
    print(f"  a server whose clock jumps by +1 h, -1 h, a year and back: {sum(done)} of 17 jobs done, "
          f"{listed} of 17 still listed, the first batch answers {kept}")
    return done == [5, 3, 3, 3, 3] and kept == 200 and listed == 17


def together(folder, seed):
    """Three processes on one database, of which a worker has a clock that jumps."""
    with tempfile.TemporaryDirectory() as place, Postgres(18190) as database:
        os.mkdir(f"{place}/shared")
        common = ("--jobs", database.address(), "--shared", f"{place}/shared", *MODEL)
        clock = Clock(place)
        with Server(folder, *common, store=f"{place}/server") as server:
            database.query(ENDS)
            with clock:
                worker = Process("work", "--weights", folder, *common)
            worker.wait_for("Works on jobs")
            feed = Feed(server, seed)
            for offset, rate in ((HOUR, 1), (-HOUR, 1), (YEAR, 1), (0, 10), (0, 1)):
                clock.set(offset, rate)
                time.sleep(12)
            feed.end()
            ended = everything_ended(database)
            taken, done, twice, again, wrong = verdict(database, server, feed)
            worker.send(signal.SIGTERM)
            status = worker.end(90)
    print(f"  a worker whose clock jumps, or goes ten times as fast, beside a server on one database: "
          f"{taken} jobs: {done} done, {twice} ended twice, {again} begun again, {wrong} of 40 answers "
          f"differ; exit status {status}")
    return ended and done == taken and twice == 0 and again == 0 and wrong == 0 and status == 0
