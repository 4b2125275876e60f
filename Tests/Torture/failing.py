"""Promises about a disk that refuses: every call on its files fails once, in turn, in several ways."""
import errno
import json
import mmap
import os
import struct
import subprocess
import tempfile
from pathlib import Path

from answers import make_weights
from jobs import OPTIONS, ask
from keeping import small
from server import PROGRAM, Server

HERE = Path(__file__).resolve().parent
CALLS = ["open", "write", "fsync", "rename", "close", "truncate", "unlink"]
"""How a call fails: with an error, or by writing half."""
KINDS = {"EIO": errno.EIO, "ENOSPC": errno.ENOSPC, "short": 0}
STEPS = 40


class Control:
    """What the preloaded library shares with this process."""

    FORMAT = f"iiii{len(CALLS)}q"

    def __init__(self, path):
        self.path = path
        path.write_bytes(bytes(struct.calcsize(self.FORMAT)))
        with path.open("r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)

    def arm(self, call, number, kind):
        """The number-th of these calls from now on fails."""
        self.memory[:16] = struct.pack("iiii", CALLS.index(call), number, KINDS[kind], 0)

    def disarm(self):
        self.memory[:16] = struct.pack("iiii", -1, 0, 0, 0)
        self.memory[16:] = bytes(len(self.memory) - 16)

    @property
    def has_failed(self):
        return struct.unpack_from("i", self.memory, 12)[0] == 1

    def counts(self):
        return dict(zip(CALLS, struct.unpack_from(f"{len(CALLS)}q", self.memory, 16)))


def kinds_of(call):
    return ["EIO", "ENOSPC", "short"] if call == "write" else ["EIO", "ENOSPC"]


def some(count, most):
    """At most so many numbers from 1 to a count, evenly, and always the first ones."""
    if count <= most:
        return range(1, count + 1)
    first = most // 4
    rest = (count - first) / (most - first)
    return [*range(1, first + 1), *(first + int(rest * (i + 1)) for i in range(most - first))]


def failing(weights, count=60):
    """The file of jobs and a server's store, of whose calls each fails once: right answers, sound files."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        shim = place / "failing.so"
        subprocess.run(
            ["cc", "-O2", "-shared", "-fPIC", "-o", shim, HERE / "failing.c", "-ldl"], check=True)
        control = Control(place / "control")
        is_kept = file_of_jobs(place, shim, control, count)
        (place / "weights").mkdir()
        make_weights(place / "weights", weights)
        return store(place, shim, control, count // 3) and is_kept


def preloaded(shim, control, folder):
    return {**os.environ, "LD_PRELOAD": str(shim), "FAILING_FOLDER": str(folder),
            "FAILING_CONTROL": str(control.path)}


# The file of jobs

def walk(place, shim, control, number):
    """Steps on a new file; what was told and how it ended."""
    folder = place / f"jobs{number}"
    folder.mkdir()
    ended = subprocess.run(
        [PROGRAM.parent / "BacklogTorture", "walk", folder, "1", str(STEPS)], capture_output=True,
        env=preloaded(shim, control, folder), timeout=60)
    return folder, ended


def file_of_jobs(place, shim, control, most):
    control.disarm()
    _, ended = walk(place, shim, control, 0)
    counts = control.counts()
    assert ended.returncode == 0, ended
    number, acknowledged, gave_up, wrong = 0, 0, 0, []
    for call in CALLS:
        for kind in kinds_of(call):
            for which in some(counts[call], most):
                number += 1
                control.disarm()
                control.arm(call, which, kind)
                folder, ended = walk(place, shim, control, number)
                told = folder / "told"
                told.write_bytes(ended.stdout)
                found = subprocess.run(
                    [PROGRAM.parent / "BacklogTorture", "check", folder, told],
                    capture_output=True, text=True, timeout=60)
                words = found.stdout.split()
                if (ended.returncode not in (0, 3) or found.returncode != 0
                        or words[2:] != ["lost", "0", "double", "0", "unsound", "no"]):
                    wrong.append((call, which, kind, ended.returncode, ended.stdout[-200:],
                                  found.stdout + found.stderr[-200:]))
                    continue
                acknowledged += int(words[1])
                gave_up += ended.returncode == 3
                subprocess.run(["rm", "-r", folder], check=True)
    told = ", ".join(f"{number} of {call}" for call, number in counts.items() if number)
    print(f"  the file of jobs, {STEPS} steps with {told}: {number} runs with one that fails, in "
          f"{gave_up} the file was given up, {acknowledged} acknowledgements, {len(wrong)} runs wrong",
          flush=True)
    for case in wrong[:10]:
        print("   ", case)
    return not wrong


# A server

def store(place, shim, control, most):
    """A server whose disk refuses once in each request."""
    folder = place / "store"
    weights = place / "weights"
    options = ("--workers", "1", "--threads", "1", "--model", "tiny_vit", "--memory-bytes", "0")
    with Server(weights, *options) as alone:
        def right(image):
            return alone.ask("POST", f"/features?{OPTIONS}", image)
        return Disk(place, shim, control, folder, weights, options, right).run(most)


class Disk:
    """Requests to a server one of whose calls fails, and what becomes of them."""

    def __init__(self, place, shim, control, folder, weights, options, right):
        self.control, self.folder, self.right = control, folder, right
        self.weights, self.options = weights, options
        self.environment = preloaded(shim, control, folder)
        self.number, self.ends, self.wrong, self.jobs = 0, 0, [], {}
        self.statuses, self.states = {}, {}

    def start(self):
        self.control.disarm()
        os.environ.update(self.environment)
        try:
            self.server = Server(self.weights, *self.options, store=self.folder)
        finally:
            del os.environ["LD_PRELOAD"]

    def run(self, most):
        self.start()
        self.request(None)
        counts = self.made
        for call in CALLS:
            for kind in kinds_of(call):
                for which in some(counts[call], most):
                    self.request((call, which, kind))
        self.server.process.terminate()
        self.server.process.wait(60)
        self.start()
        for job, image in self.jobs.items():
            state, answer = self.end_of(job)
            if state != "done" or answer != self.right(image):
                self.wrong.append((job, state, "after a new start"))
        self.server.process.terminate()
        self.server.process.wait(60)
        told = ", ".join(f"{number} of {call}" for call, number in counts.items() if number)
        print(f"  a server, whose request makes {told}: {self.number} requests with one that fails: "
              f"statuses {self.statuses}, jobs {self.states}; the server was begun anew {self.ends} "
              f"times; {len(self.wrong)} wrong")
        for case in self.wrong[:10]:
            print("   ", case)
        return not self.wrong

    def request(self, case):
        """One job, and one request that waits, of an image that is new."""
        self.number += 1
        self.control.disarm()
        if case:
            self.control.arm(*case)
        fields = {"Prefer": "respond-async", "Idempotency-Key": str(self.number)}
        image = small(self.number)
        if self.number % 3 == 0:
            # One that waits needs no disk.
            answer = ask(self.server, "POST", f"/features?{OPTIONS}", image)
            self.count(self.statuses, answer and answer[0])
            if answer != self.right(image):
                self.note(case, "waits", answer)
            return self.look_after(case)
        answer = ask(self.server, "POST", f"/features?{OPTIONS}", image, fields)
        self.count(self.statuses, answer and answer[0])
        if answer is None or answer[0] not in (202, 507, 503):
            self.note(case, "submission", answer)
        if answer and answer[0] == 202:
            state, _ = self.end_of(json.loads(answer[1])["id"])
            self.count(self.states, state)
            if state not in ("done", "/problems/no-room", "away"):
                self.note(case, "job", state)
        self.look_after(case)
        # Whatever it was told, who repeats it gets its answer.
        job, state, found = self.repeated(image, fields)
        if state == "/problems/no-room":
            # What failed has ended; it is submitted as another.
            job, state, found = self.repeated(image, {"Prefer": "respond-async"})
        if state != "done" or found != self.right(image):
            self.note(case, "repeated", (state, found))
        elif job:
            self.jobs[job] = image

    def repeated(self, image, fields):
        """A job that is taken again, or the answer itself where it is at hand."""
        answer = ask(self.server, "POST", f"/features?{OPTIONS}", image, fields)
        if not answer or answer[0] not in (200, 202):
            return None, str(answer), None
        if answer[1].startswith(b"\x89PNG"):
            return None, "done", answer
        job = json.loads(answer[1])["id"]
        return job, *self.end_of(job)

    def end_of(self, job):
        """How a job ended, and its answer."""
        answer = ask(self.server, "GET", f"/jobs/{job}?wait=30")
        if not answer or answer[0] != 200:
            return "away", None
        document = json.loads(answer[1])
        if document["state"] == "failed":
            return document["problem"]["type"], None
        if document["state"] != "done":
            return document["state"], None
        return "done", ask(self.server, "GET", document["result"]["path"])

    def look_after(self, case):
        """A server whose file of jobs was given up says that it is not ready, and is begun anew."""
        self.made = self.control.counts()
        self.control.disarm()
        ready = ask(self.server, "GET", "/readyz")
        if ready and ready[0] == 200:
            return
        self.ends += 1
        self.server.process.terminate()
        try:
            status = self.server.process.wait(60)
        except subprocess.TimeoutExpired:
            self.server.process.kill()
            status = None
        if status is None or status < 0:
            self.note(case, "end", status)
        self.start()

    def count(self, into, what):
        into[what] = into.get(what, 0) + 1

    def note(self, case, what, found):
        self.wrong.append((case, what, str(found)[:300]))
