#!/usr/bin/env python3
"""Times questions to a field that is kept, beside what NumPy takes on the array itself.

    python3 Benchmarks/asking.py [--image FILE] [--runs N] [--upsample bilinear|nearest]

Starts the server as built for release on a free port, keeps a field of 17 views, and asks it each
question so many times. "first" is what a local client waits for the first answer, "client" later,
"server" the time in Server-Timing, which ends where bytes begin to flow, "NumPy" and "scikit-learn"
the same from the whole float32 array in memory, which somebody has to make first. Medians,
milliseconds. Needs what requirements-asking.txt lists.
"""

import argparse
import http.client
import io
import json
import re
import resource
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent


class Server:
    """A server of its own on a free port, with a store of its own."""

    def __init__(self, program, weights, store):
        self.process = subprocess.Popen(
            [program, "serve", "--port", "0", "--weights", weights, "--store", store],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if match := re.search(r"answers at http://\S*:(\d+)", line):
                self.port = int(match[1])
                break
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=3600)

    def ask(self, method, path, body=None, read=True):
        """The fields, the body and the seconds until its last byte."""
        start = time.perf_counter()
        self.connection.request(method, path, body)
        answer = self.connection.getresponse()
        data = answer.read() if read else self.drain(answer)
        seconds = time.perf_counter() - start
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {data[:300]}")
        return answer.headers, data, seconds

    @staticmethod
    def drain(answer):
        buffer, total = bytearray(1 << 20), 0
        while count := answer.readinto(buffer):
            total += count
        return total

    def memory(self, key):
        """VmRSS or VmHWM in MB."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"{key}:\s+(\d+) kB", text)[1]) / 1000

    def forget_peak(self):
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


def stages(headers):
    """Milliseconds of all stages together."""
    return sum(float(x) for x in re.findall(r"dur=([\d.]+)", headers["Server-Timing"]))


def median(times):
    return 1000 * statistics.median(times)


def timed(work, runs):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return median(times)


def png(picture):
    from PIL import Image

    Image.fromarray(picture).save(io.BytesIO(), "PNG")


def scaled(values):
    low, high = values.min(axis=0), values.max(axis=0)
    return ((values - low) / (high - low) * 255).astype(np.uint8)


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def classifier(weight):
    """A fitted one with these weights."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression()
    model.coef_, model.intercept_ = weight, np.zeros(len(weight), np.float32)
    model.classes_ = np.arange(len(weight), dtype=np.uint8)
    return model


def questions(features, points, weight):
    """Name, method, path, body, the same in NumPy, and in scikit-learn where it does such things."""
    from sklearn.decomposition import PCA
    from sklearn.metrics.pairwise import cosine_similarity

    height, width, dim = features.shape
    flat = features.reshape(-1, dim)
    mean = flat.mean(axis=0)
    sample = flat[:: max(1, len(flat) // 20000)]
    components = np.linalg.svd(sample - mean, full_matrices=False)[2][:3]
    norms = np.linalg.norm(flat, axis=1)
    model, axes = classifier(weight), PCA(3).fit(sample)
    x, y = points[:, 0], points[:, 1]

    def show(scores):
        png(scaled(scores).reshape(height, width, -1).squeeze())

    def similar():
        query = features[y[0], x[0]]
        show((flat @ query / (norms * np.linalg.norm(query)))[:, None])

    return [
        ("2,000 points", "POST", "sample", npy(points.astype("<i4")),
         lambda: npy(features[y, x]), None),
        ("region 256×256", "GET", "features?region=300,200,256,256", None,
         lambda: npy(features[200:456, 300:556]), None),
        ("3 classes, label PNG", "POST", "project?output=labels", npy(weight),
         lambda: png((flat @ weight.T).argmax(axis=1).astype(np.uint8).reshape(height, width)),
         lambda: png(model.predict(flat).reshape(height, width))),
        ("PCA PNG", "GET", "pca", None,
         lambda: show((flat - mean) @ components.T), lambda: show(axes.transform(flat))),
        ("similarity PNG", "GET", f"similarity?x={x[0]}&y={y[0]}&format=png", None, similar,
         lambda: show(cosine_similarity(flat, features[y[0], x[0]][None]))),
    ]  # fmt: skip


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image", default=ROOT / "Tests/Fixtures/Images/two_phase.png")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--upsample", default="bilinear", choices=["bilinear", "nearest"])
    parser.add_argument("--weights", default=ROOT / "Weights")
    parser.add_argument("--program", default=ROOT / ".build/release/eyepiece")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as store:
        server = Server(options.program, options.weights, store)
        try:
            compare(server, options)
        finally:
            server.stop()


def compare(server, options):
    image = Path(options.image).read_bytes()
    query = f"quality=hrdv2&stride=14&upsample={options.upsample}"
    _, body, seconds = server.ask("POST", f"/fields?{query}", image)
    field = json.loads(body)
    print(f"field of {field['views']} views, {field['size']}, made in {seconds:.1f} s")
    path = f"/fields/{field['id']}"
    idle = server.memory("VmRSS")
    server.forget_peak()
    takes = []
    for _ in range(3):
        headers, count, seconds = server.ask("GET", f"{path}/features", read=False)
        takes.append(seconds)
    rate = count / statistics.median(takes) / 1e9
    peak = server.memory("VmHWM") - idle
    print(f"the whole array, {count / 1e9:.2f} GB: {rate:.2f} GB/s to a local client,")
    print(f"the server's peak memory {peak:.0f} MB above the {idle:.0f} MB it had idle")
    features = np.load(io.BytesIO(server.ask("GET", f"{path}/features")[1]))
    chance = np.random.default_rng(1)
    height, width, dim = features.shape
    points = np.stack([chance.integers(width, size=2000), chance.integers(height, size=2000)], 1)
    weight = chance.standard_normal((3, dim), dtype=np.float32)
    print("| question | first | server | client | NumPy | scikit-learn |")
    print("|---|---|---|---|---|---|")
    for name, method, rest, body, *others in questions(features, points, weight):
        first = 1000 * server.ask(method, f"{path}/{rest}", body)[2]
        inside, outside = [], []
        for _ in range(options.runs):
            headers, _, seconds = server.ask(method, f"{path}/{rest}", body)
            inside.append(stages(headers) / 1000)
            outside.append(seconds)
        runs = max(3, options.runs // 4)
        theirs = [f"{timed(work, runs):.1f}" if work else "–" for work in others]
        print(f"| {name} | {first:.1f} | {median(inside):.1f} | {median(outside):.1f} "
              f"| {' | '.join(theirs)} |", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
