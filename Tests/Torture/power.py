"""Losses of power under a backlog of jobs: what was told must be on the disk."""

import os
import random
import signal
import struct
import subprocess
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def records(log):
    """What a preloaded program wrote, in order; the last record may be cut."""
    data, at = log.read_bytes(), 0
    while at + 9 <= len(data):
        kind = data[at : at + 1].decode()
        (length,) = struct.unpack_from("q", data, at + 1)
        path = data[at + 9 : at + 9 + length].decode()
        head = at + 9 + length
        if head + 16 > len(data):
            return
        offset, count = struct.unpack_from("qq", data, head)
        at = head + 16 + count
        if at > len(data):
            return
        yield kind, path, offset, data[head + 16 : at]


def after_cut(log, chance):
    """The files as a disk has them: all up to each file's last sync, then any of the rest.

    Writes are kept in pieces of a sector, in any order, as a disk's cache keeps them.
    """
    files, pending = {}, {}

    def apply(path, kind, offset, bytes_):
        if kind == "u":
            files.pop(path, None)
            return
        file = files.setdefault(path, bytearray())
        if kind == "t":
            if offset < len(file):
                del file[offset:]
            else:
                file.extend(bytes(offset - len(file)))
            return
        end = offset + len(bytes_)
        if end > len(file):
            file.extend(bytes(end - len(file)))
        file[offset:end] = bytes_

    def flush(path):
        for one in pending.pop(path, []):
            apply(path, *one)

    for kind, path, offset, bytes_ in records(log):
        if kind == "s":
            flush(path)
        elif kind == "u":
            # A name that is gone: no more of its content matters.
            pending.pop(path, None)
            files.pop(path, None)
        else:
            pending.setdefault(path, []).append((kind, offset, bytes_))
    for path, rest in pending.items():
        share = chance.choice([0.0, 0.5, 1.0, chance.random()])
        for kind, offset, bytes_ in rest:
            if kind == "t":
                if chance.random() < share:
                    apply(path, kind, offset, bytes_)
                continue
            for start in range(0, len(bytes_), 512):
                if chance.random() < share:
                    apply(path, "w", offset + start, bytes_[start : start + 512])
    return files


def cut(program, shim, folder, sync, seed, chance):
    """Lets the program work for a moment, cuts the power, and looks at what is left."""
    folder.mkdir()
    log, told = folder / "writes", folder / "told"
    disk = folder / "disk"
    disk.mkdir()
    environment = {
        **os.environ,
        "LD_PRELOAD": str(shim),
        "UNSYNCED_FOLDER": str(disk),
        "UNSYNCED_LOG": str(log),
    }
    with told.open("wb") as output:
        process = subprocess.Popen(
            [program, "work", disk, "full" if sync else "normal", str(seed)],
            stdout=output,
            env=environment,
        )
        while process.poll() is None and b"ready" not in told.read_bytes():
            time.sleep(0.005)
        time.sleep(chance.uniform(0.05, 0.5))
        process.send_signal(signal.SIGKILL)
        process.wait()
    files = after_cut(log, chance)
    for old in disk.iterdir():
        old.unlink()
    for path, content in files.items():
        Path(path).write_bytes(content)
    result = subprocess.run(
        [program, "check", disk, told], capture_output=True, text=True, check=False
    )
    words = result.stdout.split()
    if result.returncode != 0 or len(words) < 8:
        return {"acknowledged": 0, "lost": 0, "double": 0, "unsound": result.stderr or result.stdout}
    return {
        "acknowledged": int(words[1]),
        "lost": int(words[3]),
        "double": int(words[5]),
        "unsound": " ".join(words[7:]),
    }


def power(count=10_000, seed=1):
    """Losses of power while jobs are submitted and finished, with and without waiting for the disk."""
    program = ROOT / ".build/release/BacklogTorture"
    if not program.exists():
        program = ROOT / ".build/debug/BacklogTorture"
    chance = random.Random(seed)
    passed = True
    with tempfile.TemporaryDirectory() as name:
        shim = Path(name) / "unsynced.so"
        subprocess.run(
            ["cc", "-O2", "-shared", "-fPIC", "-o", shim, HERE / "unsynced.c", "-ldl"], check=True
        )
        for sync, limit in [(True, count), (False, count // 10)]:
            told = lost = double = unsound = cuts = 0
            while told < limit:
                result = cut(
                    program, shim, Path(name) / f"{sync}-{cuts}", sync, cuts + seed, chance
                )
                cuts += 1
                told += result["acknowledged"]
                lost += result["lost"]
                double += result["double"]
                if result["unsound"] != "no":
                    unsound += 1
                    print("   ", result["unsound"][:300])
            print(
                f"{'FULL' if sync else 'NORMAL'}: {cuts} losses of power, {told} acknowledged, "
                f"{lost} lost, {double} double, {unsound} unsound",
                flush=True,
            )
            if sync:
                passed = passed and lost == double == unsound == 0
            else:
                # Without waiting some must be lost, or this shows nothing.
                passed = passed and lost > 0
    return passed
