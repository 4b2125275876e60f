#!/usr/bin/env python3
"""Whether a segmentation suffers from bfloat16 or int8, or from fewer views.

    python3 Benchmarks/precisions.py IMAGE LABELS TRUTH [--quality NAME,NAME]

LABELS and TRUTH are pictures of the image's size whose grey levels are classes, 0 none. Computes the
features in each precision with eyepiece run, fits a logistic regression on the labelled pixels,
and prints the mean over classes of intersection over union with the truth, and how many pixels have
the class that float32 gives them. Needs what requirements-asking.txt lists.
"""

import argparse
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

ROOT = Path(__file__).resolve().parent.parent
# HR-Dv2's 17 shifted views.
SHIFTED = ["--quality", "hrdv2", "--stride", "14", "--fit", "pad"]


def features(image, options):
    """[height, width, dim] and the seconds of the whole command."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        subprocess.run(
            [ROOT / ".build/release/eyepiece", "run", image, "--weights", ROOT / "Weights",
             "--into", folder, *options], check=True, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        seconds = time.perf_counter() - start
        return np.load(next(Path(folder).glob("*.npy"))), seconds


def segmented(vectors, labels):
    """The class of every pixel, [height, width]."""
    known = labels > 0
    # To its optimum, of which there is one: stopped before, it tells the way there instead.
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=20000, tol=1e-8))
    with warnings.catch_warnings(category=ConvergenceWarning, action="error"):
        model.fit(vectors[known], labels[known])
    return np.stack([model.predict(row) for row in vectors])


def overlap(found, truth):
    """The mean over classes of intersection over union."""
    return np.mean([
        np.sum((found == c) & (truth == c)) / np.sum((found == c) | (truth == c))
        for c in np.unique(truth[truth > 0])])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image")
    parser.add_argument("labels")
    parser.add_argument("truth")
    parser.add_argument("--quality", default="draft,standard,shifted")
    options = parser.parse_args()
    labels, truth = (np.array(Image.open(path)) for path in (options.labels, options.truth))
    print("| quality | precision | seconds | mean IoU | pixels alike |\n|---|---|---|---|---|")
    for quality in options.quality.split(","):
        exact = None
        for precision in ("float32", "bfloat16", "int8"):
            asked = SHIFTED if quality == "shifted" else ["--quality", quality]
            vectors, seconds = features(options.image, [*asked, "--precision", precision])
            found = segmented(vectors, labels)
            exact = found if exact is None else exact
            print(f"| {quality} | {precision} | {seconds:.1f} | {overlap(found, truth):.4f} "
                  f"| {np.mean(found == exact):.4%} |", flush=True)


if __name__ == "__main__":
    main()
