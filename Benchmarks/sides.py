"""The sides of the comparison: processes that stay, warm, and run once for each line they read."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".build/bench"
PROGRAMS = ROOT / ".build/release"
WEIGHTS = ROOT / "Weights/dinov2_vits14.safetensors"


class Failure(Exception):
    """Why a side does not take part, as a sentence."""


def reason(text, status):
    """The sentence in what a program said before it failed."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if "Error" in line]
    return (errors or lines or [f"ended with status {status}"])[-1]


def core(processor):
    """The processors that share a core with this one, as the system names them."""
    path = Path(f"/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list")
    return path.read_text() if path.exists() else str(processor)


def pinned(threads):
    """The beginning of a command that may use so many processors, on cores of their own first."""
    cores, spare = {}, []
    for processor in sorted(os.sched_getaffinity(0)):
        if cores.setdefault(core(processor), processor) != processor:
            spare.append(processor)
    chosen = [*cores.values(), *spare][:threads]
    return ["taskset", "-c", ",".join(map(str, chosen))]


class Side:
    """One process that computes one case."""

    def __init__(self, command, threads):
        self.complaints = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [*pinned(threads), *map(str, command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.complaints, text=True, cwd=ROOT)
        try:
            self.facts = self.read()
        except Failure:
            self.close()
            raise

    def read(self):
        if line := self.process.stdout.readline():
            return json.loads(line)
        status = self.process.wait()
        self.complaints.seek(0)
        raise Failure(reason(self.complaints.read(), status))

    def ask(self, *words):
        """What one run says of itself: its seconds at least."""
        try:
            self.process.stdin.write(" ".join(map(str, words)) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        return self.read()

    def peak(self):
        """The most memory that it ever held, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024 / 1e6

    def spent(self):
        """Seconds that processors spent on it so far."""
        words = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.wait()
        self.process.stdout.close()
        self.complaints.close()


def ours(case, threads, precision):
    command = [PROGRAMS / "eyepiece-bench", "encode", "--weights", WEIGHTS, "--size", case.size,
               "--stride", case.stride, "--views", case.views, "--threads", threads]
    if precision != "float32":
        command += ["--precision", precision]
    return Side(command, threads)


def peer(name, case, threads, precision):
    return Side(
        [sys.executable, ROOT / "Benchmarks/peer.py", name, "--weights", WEIGHTS,
         "--folder", FOLDER, "--size", case.size, "--stride", case.stride, "--views", case.views,
         "--batch", case.batch, "--threads", threads, "--precision", precision], threads)


class Command:
    """`eyepiece run`, started anew each time, as whoever uses it does: a side like the others."""

    def __init__(self, threads, precision, *options):
        self.command = [*pinned(threads), PROGRAMS / "eyepiece", "run",
                        "--weights", WEIGHTS.parent, "--threads", threads, *options]
        if precision != "float32":
            self.command += ["--precision", precision]
        self.most, self.time, self.facts = 0, 0, {}

    def ask(self, _, image, file):
        """The seconds of the whole command, which writes the image's features to the file."""
        with tempfile.TemporaryDirectory(dir=FOLDER) as folder, tempfile.TemporaryFile() as said:
            start = time.perf_counter()
            process = subprocess.Popen(
                list(map(str, [*self.command, "--into", folder, image])), stdout=said, stderr=said,
                cwd=ROOT)
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - start
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode != 0:
                said.seek(0)
                raise Failure(reason(said.read().decode(), process.returncode))
            os.replace(next(Path(folder).glob("*.npy")), file)
        self.most = max(self.most, usage.ru_maxrss * 1024 / 1e6)
        self.time += usage.ru_utime + usage.ru_stime
        return {"seconds": seconds}

    def peak(self):
        return self.most

    def spent(self):
        return self.time

    def close(self):
        pass
