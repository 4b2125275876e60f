#!/usr/bin/env python3
"""How well strokes become phases: mean intersection over union on pictures with full truth.

    bin/bench segmenting FOLDER [--quality draft,standard] [--only NAME] [--tasks one,other]
        [--train N] [--precision float32,int8] [--no-peers] [--cases TEXT] [--suggestions ROUNDS]

FOLDER holds NAME.png or .tif, NAME_strokes.png and NAME_truth.png (ids of classes, 0 none). One image:
trained on a picture's strokes, measured on that picture. Other images: trained on the strokes of
SET_train_*, measured on SET_val_*. Peers: scikit-learn's logistic regression on the same vectors,
HR-Dv2's recipe (its 17 views, C = 1, its scale), and its Weka's (58 classical features, a forest of 200).
Prints per class and mean, the mean over pictures. With --suggestions: from one stroke of each class, in
each round three boxes get a stroke through their middle, where suggested or anywhere. Needs what requirements-asking.txt lists.
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
# The last layer, and the two that segmentation takes.
LAST, BOTH = "layer=last", "for=segmentation"
# Name, options of the field, of training, and of clean-up.
CASES = [
    ("deep C = 1", LAST, "features=deep&c=1", ""),
    ("classical", LAST, "features=classical", ""),
    ("hybrid", LAST, "features=hybrid", ""),
    ("hybrid, guided", LAST, "features=hybrid", "clean=guided"),
    ("hybrid of two layers, C = 0.01", BOTH, "features=hybrid&c=0.01", ""),
    ("hybrid, LDA", LAST, "features=hybrid&kind=lda", ""),
    ("classical, forest", LAST, "features=classical&kind=forest", ""),
    ("hybrid, forest", LAST, "features=hybrid&kind=forest", ""),
    ("auto", BOTH, "features=auto", ""),
    ("auto, guided by 4", BOTH, "features=auto", "clean=guided:4"),
    ("auto, guided by 8", BOTH, "features=auto", "clean=guided:8"),
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
    """The 58 channels of HR-Dv2 after Weka's, [height, width, 58]."""
    from scipy import ndimage
    from skimage.filters import gaussian, sobel
    grey = np.array(Image.open(picture).convert("L")).astype(np.float64)

    def scale(plane, edges):
        down, across = np.gradient(plane)
        a, b = np.gradient(down, axis=0), np.gradient(down, axis=1)
        d = np.gradient(across, axis=1)
        root = np.sqrt(4 * b * b + (a - d) ** 2)
        trace = a + d
        return [plane, sobel(edges), np.sqrt(a * a + b * b + d * d), trace, a * d - b * b,
                (trace + root) / 2, (trace - root) / 2]

    planes, smooth = scale(grey, grey / 255), []
    for sigma in (1, 2, 4, 8, 16):
        smooth.append(gaussian(grey, 0.4 * sigma, preserve_range=True))
        planes += scale(smooth[-1], smooth[-1])
    planes += [smooth[i] - smooth[j] for i in range(1, 5) for j in range(i)]
    line = np.zeros((19, 19))
    line[:, 9] = 1
    lines = np.stack([ndimage.convolve(grey / 255, np.rint(ndimage.rotate(line, angle)))
                      for angle in range(0, 180, 6)])
    planes += [lines.mean(0), lines.max(0), lines.min(0), lines.sum(0), lines.std(0),
               np.median(lines, 0)]
    return np.stack(planes, -1)


def weka(pictures, tested):
    """HR-Dv2's forest of 200 on Weka's features."""
    from sklearn.ensemble import RandomForestClassifier
    rows, classes = [], []
    for picture in pictures:
        strokes = np.array(Image.open(beside(picture, "strokes")))
        rows.append(classical(picture)[strokes > 0])
        classes.append(strokes[strokes > 0])
    forest = RandomForestClassifier(
        200, max_depth=10, max_features=2, class_weight="balanced", random_state=0, n_jobs=-1)
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


def rounds(server, picture, count, chance=None):
    """Mean IoU after each round of labels in three boxes, suggested or, with `chance`, anywhere."""
    from skimage.measure import label
    field = server.field(picture, f"quality=draft&{BOTH}")
    truth = truth_of(picture)
    strokes = np.array(Image.open(beside(picture, "strokes")))
    labels = np.zeros_like(truth)
    for c in np.unique(strokes[strokes > 0]):
        labels[label(strokes == c, connectivity=2) == 1] = c
    uniform = inside(truth)
    scores = []
    for _ in range(count + 1):
        body = as_png(labels)
        request = urllib.request.Request(
            f"http://127.0.0.1:{server.port}/fields/{field}/segmentation?features=auto&format=png",
            data=body)
        answer = urllib.request.urlopen(request)
        found = np.array(Image.open(io.BytesIO(answer.read())))
        scores.append(np.mean(list(overlaps(found, truth).values())))
        if chance is None:
            server.ask(f"/fields/{field}/labels", body, "PUT")
            boxes = json.loads(server.ask(
                f"/fields/{field}/suggestions?classifier={answer.headers['Eyepiece-Classifier']}"))
            places = [(b["x"], b["y"], b["width"], b["height"]) for b in boxes["boxes"]]
        else:
            height, width = truth.shape
            places = [(chance.integers(width - 95), chance.integers(height - 95), 96, 96)
                      for _ in range(3)]
        for x, y, w, h in places:
            rows, columns = slice(y + h // 2 - 1, y + h // 2 + 2), slice(x, x + w)
            free = uniform[rows, columns] & (labels[rows, columns] == 0)
            labels[rows, columns][free] = truth[rows, columns][free]
    return scores


def inside(truth):
    """Where a pixel's neighbours are of its class: what one would paint without doubt."""
    from scipy.ndimage import maximum_filter, minimum_filter
    return maximum_filter(truth, 3) == minimum_filter(truth, 3)


def as_png(array):
    body = io.BytesIO()
    Image.fromarray(array).save(body, "PNG")
    return body.getvalue()


def suggest(server, name, pictures, count):
    """Prints the mean over pictures after each round, suggested and anywhere."""
    for kind, seeds in (("suggested", [None]), ("anywhere", [0, 1, 2])):
        found = [rounds(server, p, count, None if s is None else np.random.default_rng(s))
                 for p in pictures for s in seeds]
        cells = " | ".join(f"{m:.3f}" for m in np.mean(found, 0))
        print(f"| {name}, one image | {kind} | {len(pictures)} | {cells} |", flush=True)


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
    show(task, name, quality.split("&")[0][8:], results, time.perf_counter() - start)


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
    parser.add_argument("--precision", default="float32", help="such as float32,int8")
    parser.add_argument("--suggestions", type=int, default=0, metavar="ROUNDS",
                        help="instead, labels where it is suggested against labels anywhere")
    parser.add_argument("--cases", default="", help="only those whose names contain it")
    parser.add_argument("--no-peers", action="store_true")
    options = parser.parse_args()
    pictures = sorted(p for p in options.folder.iterdir() if beside(p, "truth").exists()
                      and beside(p, "strokes").exists() and options.only in p.name)
    sets = sorted({p.stem.split("_")[0] for p in pictures})
    if options.suggestions:
        print("| task | labels | pictures | start | "
              + " | ".join(f"round {k + 1}" for k in range(options.suggestions)) + " |\n"
              + "|---" * (4 + options.suggestions) + "|")
        with Server() as server:
            for name in sets:
                own = [p for p in pictures if p.stem.split("_")[0] == name]
                suggest(server, name, own, options.suggestions)
        return
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
                    for case, layers, features, clean in CASES:
                        if options.cases in case:
                            query = f"quality={quality}&{layers}" + (
                                f"&precision={precision}" if precision != "float32" else "")
                            compare(server, task, case, query, features, clean, tests, training)
                if not options.no_peers:
                    peers(server, task, tests, training)


if __name__ == "__main__":
    main()
