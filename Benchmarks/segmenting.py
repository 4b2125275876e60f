#!/usr/bin/env python3
"""How well strokes become phases: mean intersection over union on pictures with full truth.

    bin/bench segmenting FOLDER [--quality draft,standard] [--only NAME] [--tasks one,other]
        [--train N] [--precision float32,int8] [--no-peers]

FOLDER holds NAME.png or .tif, NAME_strokes.png and NAME_truth.png (ids of classes, 0 none). One image:
trained on a picture's strokes, measured on that picture. Other images: trained on the strokes of
SET_train_*, measured on SET_val_*. Peers: scikit-learn's logistic regression on the same vectors,
HR-Dv2's recipe (its 17 views, C = 1, its scale), and Weka's (classical features, a forest of 200).
Prints per class and mean, the mean over pictures. Needs what requirements-asking.txt lists.
"""

import argparse
import contextlib
import io
import itertools
import json
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
# 17 shifted views, levels as HR-Dv2 takes them.
HRDV2 = "quality=hrdv2&stride=14&fit=pad"
# Name, options of training, options of clean-up.
CASES = [
    ("deep C = 1", "features=deep&c=1", ""),
    ("classical", "features=classical", ""),
    ("hybrid", "features=hybrid", ""),
    ("hybrid, guided", "features=hybrid", "clean=guided"),
    ("hybrid, LDA", "features=hybrid&kind=lda", ""),
    ("classical, forest", "features=classical&kind=forest", ""),
    ("hybrid, forest", "features=hybrid&kind=forest", ""),
    ("auto", "features=auto", ""),
]


class Server:
    """A server of its own on a free port, with a store that goes with it."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        with contextlib.closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [ROOT / ".build/release/eyepiece", "serve", "--port", str(self.port),
             "--weights", ROOT / "Weights", "--store", self.folder.name],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(300):
            with contextlib.suppress(urllib.error.URLError):
                self.ask("/readyz")
                return self
            time.sleep(0.1)
        raise SystemExit("the server did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()

    def ask(self, path, data=None, method=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=data, method=method)
        return urllib.request.urlopen(request, timeout=3600).read()

    def field(self, picture, options):
        return json.loads(self.ask(f"/fields?{options}", picture.read_bytes()))["id"]

    def labels(self, path, data=None):
        return np.array(Image.open(io.BytesIO(self.ask(f"{path}&format=png", data))))


def truth_of(picture):
    return np.array(Image.open(beside(picture, "truth")))


def beside(picture, kind):
    return picture.with_name(f"{picture.stem}_{kind}.png")


def overlaps(found, truth):
    """Intersection over union of each class that the truth has."""
    return {int(c): np.sum((found == c) & (truth == c)) / np.sum(
        ((found == c) | (truth == c)) & (truth > 0)) for c in np.unique(truth[truth > 0])}


def classical(picture):
    """Weka's features by scikit-image, [height, width, channels]."""
    from skimage.feature import hessian_matrix, hessian_matrix_eigvals
    from skimage.filters import gaussian, sobel
    grey = np.array(Image.open(picture).convert("L")).astype(np.float64)
    planes = [grey]
    for sigma in (0, 1, 2, 4, 8, 16):
        smooth = gaussian(grey, sigma) if sigma else grey
        h = hessian_matrix(smooth, sigma=max(sigma, 1), order="rc", use_gaussian_derivatives=False)
        planes += [smooth, sobel(smooth), h[0] + h[2], h[0] * h[2] - h[1] ** 2,
                   *hessian_matrix_eigvals(h)]
    return np.stack(planes, -1)


def weka(pictures, tested):
    """A forest of 200 on classical features."""
    from sklearn.ensemble import RandomForestClassifier
    rows, classes = [], []
    for picture in pictures:
        strokes = np.array(Image.open(beside(picture, "strokes")))
        rows.append(classical(picture)[strokes > 0])
        classes.append(strokes[strokes > 0])
    forest = RandomForestClassifier(200, class_weight="balanced", random_state=0, n_jobs=-1)
    forest.fit(np.concatenate(rows), np.concatenate(classes))
    return [forest.predict(f.reshape(-1, f.shape[-1])).reshape(f.shape[:2])
            for f in map(classical, tested)]


def regression(server, fields, pictures, tested):
    """scikit-learn's logistic regression on sampled vectors, applied by the server."""
    from sklearn.linear_model import LogisticRegression
    rows, classes = [], []
    for field, picture in zip(fields, pictures):
        data = np.load(io.BytesIO(server.ask(
            f"/fields/{field}/sample?format=npz", beside(picture, "strokes").read_bytes())))
        rows.append(data["features"].astype(np.float64))
        classes.append(data["labels"])
    model = LogisticRegression(C=1, class_weight="balanced", max_iter=20000, tol=1e-8)
    model.fit(np.concatenate(rows), np.concatenate(classes))
    weights, bias = model.coef_, model.intercept_
    if len(weights) == 1:
        weights, bias = np.stack([-weights[0], weights[0]]), np.array([-bias[0], bias[0]])
    columns = np.concatenate([weights, bias[:, None]], 1).astype(np.float32)
    answer = []
    for field in tested:
        body = io.BytesIO()
        # Its bias is the weight of a one that is appended to each vector.
        scores = np.load(io.BytesIO(server.ask(
            f"/fields/{field}/project?output=logits", as_npy(body, columns[:, :-1]))))
        answer.append(model.classes_[np.argmax(scores + columns[:, -1], -1)])
    return answer


def as_npy(body, array):
    np.save(body, np.ascontiguousarray(array))
    return body.getvalue()


def one(server, picture, quality, query, clean):
    field = server.field(picture, quality)
    path = f"/fields/{field}/segmentation?{query}&{clean}"
    return server.labels(path, beside(picture, "strokes").read_bytes())


def others(server, trained, tested, quality, query, clean):
    fields = [server.field(picture, quality) for picture in trained]
    examples = []
    for field, picture in zip(fields, trained):
        body = beside(picture, "strokes").read_bytes()
        request = urllib.request.Request(
            f"http://127.0.0.1:{server.port}/images", data=body, method="POST")
        name = urllib.request.urlopen(request).headers["Location"].split("/")[-1]
        examples.append({"field": field, "labels": name})
    options = dict(pair.split("=") for pair in query.split("&"))
    if "c" in options:
        options["c"] = float(options["c"])
    answer = json.loads(server.ask(
        "/classifiers", json.dumps({"examples": examples, **options}).encode()))
    return [server.labels(
        f"/fields/{server.field(p, quality)}/segmentation?classifier={answer['id']}&{clean}")
        for p in tested]


def show(task, name, quality, results, seconds):
    classes = sorted({c for result in results for c in result})
    means = [np.mean([r[c] for r in results if c in r]) for c in classes]
    mean = np.mean([np.mean(list(r.values())) for r in results])
    cells = " ".join(f"{c}: {m:.3f}" for c, m in zip(classes, means))
    print(f"| {task} | {name} | {quality} | {len(results)} | **{mean:.3f}** | {cells} "
          f"| {seconds:.1f} |", flush=True)


def compare(server, task, name, quality, query, clean, pictures, trained):
    start = time.perf_counter()
    try:
        if trained is None:
            found = [one(server, p, quality, query, clean) for p in pictures]
        else:
            found = others(server, trained, pictures, quality, query, clean)
    except urllib.error.HTTPError as error:
        print(f"| {task} | {name} | {quality} | – | {json.loads(error.read()).get('detail')} | | |")
        return
    results = [overlaps(f, truth_of(p)) for f, p in zip(found, pictures)]
    show(task, name, quality[8:], results, time.perf_counter() - start)


def peers(server, task, pictures, trained):
    for name, quality in (("scikit-learn, deep C = 1", "quality=draft"),
                          ("HR-Dv2's recipe", HRDV2)):
        results, start = [], time.perf_counter()
        for group, tested in ([([p], [p]) for p in pictures] if trained is None
                              else [(trained, pictures)]):
            fields = [server.field(p, quality) for p in group]
            found = regression(server, fields, group, [server.field(p, quality) for p in tested])
            results += [overlaps(f, truth_of(p)) for f, p in zip(found, tested)]
        show(task, name, quality.split("&")[0][8:], results, time.perf_counter() - start)
    results, start = [], time.perf_counter()
    for group, tested in ([([p], [p]) for p in pictures] if trained is None
                          else [(trained, pictures)]):
        results += [overlaps(f, truth_of(p)) for f, p in zip(weka(group, tested), tested)]
    show(task, "Weka's recipe", "–", results, time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--quality", default="draft")
    parser.add_argument("--only", default="")
    parser.add_argument("--tasks", default="one,other")
    parser.add_argument("--train", type=int, default=4)
    parser.add_argument("--layers", default="", help="such as 8,last")
    parser.add_argument("--precision", default="float32", help="such as float32,int8")
    parser.add_argument("--cases", default="", help="only those whose names contain it")
    parser.add_argument("--no-peers", action="store_true")
    options = parser.parse_args()
    pictures = sorted(p for p in options.folder.iterdir() if beside(p, "truth").exists()
                      and beside(p, "strokes").exists() and options.only in p.name)
    sets = sorted({p.stem.split("_")[0] for p in pictures})
    print("| task | features | quality | pictures | mean IoU | per class | seconds |\n"
          "|---|---|---|---|---|---|---|")
    with Server() as server:
        for name in sets:
            own = [p for p in pictures if p.stem.split("_")[0] == name]
            trained = [p for p in own if "_train_" in p.stem][:options.train]
            tested = [p for p in own if "_val_" in p.stem]
            tasks = [("one", own, None)]
            if trained and tested:
                tasks.append(("other", tested, trained))
            for kind, tests, training in tasks:
                if kind not in options.tasks.split(","):
                    continue
                task = f"{name}, {kind} image{'s' if training else ''}"
                for quality, precision in itertools.product(
                        options.quality.split(","), options.precision.split(",")):
                    query = f"quality={quality}" + (
                        f"&layer={options.layers}" if options.layers else "") + (
                        f"&precision={precision}" if precision != "float32" else "")
                    for case, features, clean in CASES:
                        if options.cases in case:
                            compare(server, task, case, query, features, clean, tests, training)
                if not options.no_peers:
                    peers(server, task, tests, training)


if __name__ == "__main__":
    main()
