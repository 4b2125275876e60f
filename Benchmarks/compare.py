"""Eyepiece and its peers on the same weights, in turn: what bin/bench runs. See its --help."""

import argparse
import json
import os
import random
import re
import statistics
import struct
import subprocess
import sys
import time
import zlib
from dataclasses import asdict, dataclass, field

import sides
from sides import Failure

OURS = "eyepiece"
TITLES = {OURS: "Eyepiece", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO",
          "torch": "PyTorch"}
# As eyepiece run is told to do what the peers do, and to do it as fast as it may.
WHOLE = ("--quality", "hrdv2", "--stride", "14")
DRAFT = ("--quality", "draft")
ONE_VIEW = ["--stride", "14", "--flips", "none", "--fit", "crop", "--grid", "patch"]


@dataclass(frozen=True)
class Case:
    name: str
    size: str
    stride: int = 14
    views: int = 1
    # Views that a peer is given at once. Eyepiece takes all of them, and shares them out itself.
    batch: int = 1
    runs: int = 5
    # Computed with the most threads alone, unless the numbers of threads are given.
    is_long: bool = False
    # From an image's file to an array's, all pixels: how eyepiece run is asked, against HR-Dv2's way
    # in PyTorch with as many views.
    whole: tuple = ()
    is_quick: bool = False


CASES = [
    Case("1 view, 224×224", "224x224", is_quick=True),
    Case("1 view, 518×518", "518x518", is_quick=True),
    Case("1 view, 1022×896", "1022x896"),
    Case("1 view, 518×518, stride 7", "518x518", stride=7),
    Case("1 view, 518×518, stride 4", "518x518", stride=4, runs=2, is_long=True),
    Case("17 views, 224×224", "224x224", views=17, is_quick=True),
    # Small images, as patches of a stack or thumbnails are: how many in a second.
    Case("100 images, 224×224", "224x224", views=100, batch=10, runs=3),
    Case("17 views, 518×518", "518x518", views=17, runs=3),
    Case("17 views, 1022×896", "1022x896", views=17, runs=2, is_long=True),
    Case("file to file, 17 views, 224×224", "224x224", views=17, whole=WHOLE, is_quick=True),
    Case("file to file, 17 views, 518×518", "518x518", views=17, runs=3, is_long=True,
         whole=WHOLE),
    Case("file to file, 17 views, 1022×896", "1022x896", views=17, runs=2, is_long=True,
         whole=WHOLE),
    Case("file to file, a draft for 17 views, 518×518", "518x518", views=17, runs=2, is_long=True,
         whole=DRAFT),
    Case("file to file, a draft for 17 views, 1022×896", "1022x896", views=17, runs=2, is_long=True,
         whole=DRAFT),
]


@dataclass
class Result:
    """What a side did in one case."""

    seconds: list = field(default_factory=list)
    # What processors spent on each run, all threads together.
    processor: list = field(default_factory=list)
    # OpenBLAS's operations a second right after each run, where the side measures them.
    products: list = field(default_factory=list)
    peak: float = 0
    facts: dict = field(default_factory=dict)
    failure: str = ""

    @property
    def median(self):
        return statistics.median(self.seconds) if self.seconds else None

    @property
    def share(self):
        """The part of OpenBLAS's rate that was reached, where that is a rate of this processor's."""
        if not self.products or not self.facts["isLibraryFit"]:
            return None
        return statistics.median(
            self.facts["operations"] / seconds / products
            for seconds, products in zip(self.seconds, self.products))


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def counted(threads):
    return "1 thread" if threads == 1 else f"{threads} threads"


def picture(size):
    """A PNG of grey noise, the same each time."""
    width, height = map(int, size.split("x"))
    path = sides.FOLDER / f"noise-{size}.png"
    rows = random.Random(1)
    data = b"".join(b"\0" + rows.randbytes(width) for _ in range(height))

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(
            ">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
                     + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b""))
    return path


def start(name, case, threads, precision):
    if name != OURS:
        # HR-Dv2's way has no eight bits.
        kind = "float32" if case.whole and precision == "int8" else precision
        return sides.peer(name, case, threads, kind)
    if case.whole:
        return sides.Command(threads, precision, *case.whole)
    return sides.ours(case, threads, precision)


def measure(case, names, counts, precision, runs):
    """{(threads, side): Result}: all are started, then all run once, then all again."""
    results = {(threads, name): Result() for threads in counts for name in names}
    running = {}
    words = ["job", picture(case.size), sides.FOLDER / "whole.npy"] if case.whole else ["run"]
    try:
        for (threads, name), result in results.items():
            try:
                side = start(name, case, threads, precision)
                running[threads, name], result.facts = side, side.facts
            except Failure as failure:
                result.failure = str(failure)
        for _ in range(runs):
            for key, side in list(running.items()):
                result = results[key]
                try:
                    before = side.spent()
                    said = side.ask(*words)
                    result.seconds.append(said["seconds"])
                    if "products" in said:
                        result.products.append(said["products"])
                    spent = said["spent"]["processor"] if "spent" in said else side.spent() - before
                    result.processor.append(spent)
                    result.peak = side.peak()
                except Failure as failure:
                    result.failure = str(failure)
                    running.pop(key).close()
    finally:
        for side in running.values():
            side.close()
    for (threads, name), result in results.items():
        said = result.failure or f"{result.median:.3f} s, {result.peak:.0f} MB"
        say(f"  {case.name}, {counted(threads)}, {precision}: {TITLES[name]}: {said}")
    return results


def differences(names, precision, threads):
    """Lines that tell how far the peers' patch tokens are from Eyepiece's, for one picture."""
    case = Case("check", "518x518")
    image, lines = picture(case.size), []
    mine = sides.FOLDER / "check-eyepiece.npy"
    sides.Command(threads, precision, *ONE_VIEW).ask("check", image, mine)
    for name in names:
        theirs = sides.FOLDER / f"check-{name}.npy"
        try:
            side = sides.peer(name, case, threads, precision)
        except Failure as failure:
            lines.append(f"{TITLES[name]}, {precision}: left out: {failure}")
            continue
        side.ask("check", image, theirs)
        side.close()
        found = subprocess.run(
            [sys.executable, sides.ROOT / "Benchmarks/difference.py", mine, theirs], check=True,
            capture_output=True, text=True).stdout.strip()
        lines.append(f"{side.facts['name']}, {precision}, against Eyepiece: {found}")
    return lines


def cell(result, mine):
    """Seconds, how many times ours, and memory."""
    if result is None or result.median is None:
        return "–"
    times = f" ({result.median / mine.median:.2f}×)" if mine and mine.median else ""
    return f"{result.median:.3g} s{times}, {result.peak:.0f} MB"


def row(case, names, threads, precision, results, rates):
    mine = results[OURS]
    if mine.products:
        rates.setdefault((threads, mine.facts["library"], mine.facts["isLibraryFit"]),
                         []).extend(mine.products)
    share = "–" if mine.share is None else f"{mine.share:.0%}"
    words = [case.name, str(threads), precision, cell(mine, None), share]
    words += [cell(results.get(name), mine) for name in names]
    return "| " + " | ".join(words) + " |"


def gains(case, counts, precision, results):
    """Lines that tell how many times as fast more threads are than the fewest, run beside run."""
    fewest, *others = ((threads, results[threads, OURS].seconds) for threads in counts)
    for threads, seconds in others:
        times = [slow / fast for slow, fast in zip(fewest[1], seconds)]
        if times:
            yield (f"{case.name}, {precision}: {counted(threads)} are "
                   f"{statistics.median(times):.2f} times as fast as {fewest[0]}.")


def disturbance(records):
    """A line that warns of a machine that was busy with other things, or none."""
    shares = [
        sum(mine["processor"]) / (record["threads"] * sum(mine["seconds"]))
        for record in records if not record["case"]["whole"]
        for mine in [record["results"][OURS]] if mine["seconds"]]
    if not shares or min(shares) > 0.8:
        return []
    return [f"NOT QUIET: Eyepiece's threads had as little as {min(shares):.0%} of their "
            "processors; the figures will not repeat."]


def processor():
    with open("/proc/cpuinfo") as file:
        text = file.read()
    flags = set(re.search(r"^flags\s*:(.*)", text, re.M)[1].split())
    return re.search(r"^model name\s*:\s*(.*)", text, re.M)[1], flags


def arguments():
    parser = argparse.ArgumentParser(prog="bin/bench", add_help=False)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--repeat", type=int)
    parser.add_argument("--only", default="")
    parser.add_argument("--threads", type=lambda text: [int(word) for word in text.split(",")])
    parser.add_argument("--precision", type=lambda text: text.split(","))
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--torch", action="store_true")
    parser.add_argument("--json")
    options = parser.parse_args()
    most = len(os.sched_getaffinity(0))
    if any(not 1 <= count <= most for count in options.threads or []):
        parser.error(f"threads are 1 to {most} here")
    if options.repeat is not None and options.repeat < 1:
        parser.error("a case is run once or more")
    options.threads = sorted(set(options.threads or []))
    return options


def chosen(options):
    """(case, numbers of threads) in order."""
    counts = options.threads or sorted({1, min(2, len(os.sched_getaffinity(0)))})
    for case in CASES:
        is_meant = case.is_quick if options.quick else case.views != 17 or case.size != "224x224"
        if is_meant and options.only in case.name:
            yield case, counts[-1:] if case.is_long and not options.threads else counts


def main():
    options = arguments()
    began, (model, flags) = time.monotonic(), processor()
    peers = [] if options.no_peers else ["onnxruntime", "openvino"]
    peers += ["torch"] if options.torch and not options.no_peers else []
    precisions = ["float32"]
    if flags & {"avx512_bf16", "amx_bf16"}:
        precisions.append("bfloat16")
    else:
        say("bfloat16 is left out: this processor has neither AVX512_BF16 nor AMX.")
    if flags & {"avx512_vnni", "avx_vnni"}:
        precisions.append("int8")
    else:
        say("int8 is left out: this processor has no VNNI.")
    if options.precision:
        precisions = [name for name in precisions if name in options.precision]
    for path in sides.FOLDER.glob("*.onnx"):
        path.unlink()  # The weights may be others than last time.
    rows, rates, records, checks, scaling = [], {}, [], [], []
    for precision in precisions:
        try:
            if peers:
                checks += differences(peers, precision, len(os.sched_getaffinity(0)))
        except Failure as failure:
            checks.append(f"Eyepiece, {precision}: {failure}")
        for case, counts in chosen(options):
            names = [OURS] + [name for name in peers if name == "torch" or not case.whole]
            runs = options.repeat or (1 if options.quick else case.runs)
            results = measure(case, names, counts, precision, runs)
            scaling += gains(case, counts, precision, results)
            for threads in counts:
                found = {name: results[threads, name] for name in names}
                rows.append(row(case, peers, threads, precision, found, rates))
                records.append({"case": asdict(case), "threads": threads, "precision": precision,
                                "results": {name: asdict(x) for name, x in found.items()}})
    print(f"{model}; median seconds (times Eyepiece's) and peak memory.")
    for (threads, library, fits), found in sorted(rates.items()):
        print(f"{library} multiplies float32 matrices on {counted(threads)} at "
              f"{statistics.median(found) / 1e9:.0f} GFLOP/s."
              + ("" if fits else " Its kernels do not use what this processor has, so that shares of "
                 "its rate would say nothing (eyepiece doctor)."))
    print("\n".join([*checks, *disturbance(records), *scaling]) + "\n")
    heads = ["ViT-S/14", "threads", "precision", "Eyepiece", "of OpenBLAS"]
    print("| " + " | ".join(heads + [TITLES[name] for name in peers]) + " |")
    print("|---" * (5 + len(peers)) + "|")
    print("\n".join(rows))
    say(f"{time.monotonic() - began:.0f} s in all")
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"processor": model, "checks": checks, "cases": records}, file, indent=1)


if __name__ == "__main__":
    sys.exit(main())
