#!/usr/bin/env python3
"""Labelled rows, and the linear classifiers that scikit-learn fits to them.

    python3 -m pip install numpy==2.4.6 scikit-learn==1.9.1
    python3 Tests/Fixtures/Classifiers/make.py

`classifiers.safetensors` holds for each case N: `N.rows`, float32 `[n, dim]`; `N.classes`, int32; `N.weights`, float64;
`N.logistic` and so on, float64 `[vectors, dim + 1]`, the constants last. Logistic regressions are
balanced, with the C of `N.c`; those of discriminant analysis are of unweighted rows.
"""

import pathlib
import sys

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression, RidgeClassifier

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from tensor_file import save  # noqa: E402

RANDOM = np.random.default_rng(17)


def rows(counts, dim, spread, rank=None):
    """Classes that overlap or lie apart, in as many dimensions as said, of unequal scales."""
    parts, labels = [], []
    mix = RANDOM.standard_normal((rank or dim, dim)) / np.sqrt(rank or dim)
    for label, count in enumerate(counts):
        centre = spread * RANDOM.standard_normal(rank or dim)
        parts.append((RANDOM.standard_normal((count, rank or dim)) + centre) @ mix)
        labels += [label] * count
    x = np.concatenate(parts) + 0.05 * RANDOM.standard_normal((len(labels), dim))
    x = x * np.exp(RANDOM.uniform(-1.5, 1.5, dim)) + RANDOM.standard_normal(dim)
    order = RANDOM.permutation(len(labels))
    return x[order].astype(np.float32), np.array(labels, np.int32)[order]


def vectors(model):
    return np.concatenate([np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)[:, None]], 1)


CASES = [
    ((120, 80, 9), 20, 0.7, None, 0.1, False),
    ((150, 150), 24, 0.3, None, 1.0, False),
    ((60, 50, 40, 30, 20), 16, 1.0, None, 0.1, True),
    ((25, 20, 15), 90, 0.5, None, 0.1, False),
    ((100, 7), 30, 1.5, 8, 10.0, True),
    ((90, 60, 30), 12, 0.05, None, 100.0, False),
    ((200, 100, 50), 40, 2.0, 10, 0.001, False),
    ((12,) * 20, 10, 1.0, None, 0.5, False),
]


if __name__ == "__main__":
    tensors = {}
    for index, (counts, dim, spread, rank, c, weighted) in enumerate(CASES):
        x, y = rows(counts, dim, spread, rank)
        weights = RANDOM.uniform(0.2, 2, len(y)) if weighted else np.ones(len(y))
        data = x.astype(np.float64)
        logistic = LogisticRegression(
            C=c, class_weight="balanced", solver="newton-cg", tol=1e-10, max_iter=10000)
        ridge = RidgeClassifier(alpha=1.0, solver="cholesky")
        lda = LinearDiscriminantAnalysis(
            solver="lsqr", shrinkage=0.1, priors=np.full(len(counts), 1 / len(counts)))
        # With weights given, scikit-learn's ridge balances the numbers of rows, not their weights.
        sums = np.bincount(y, weights)
        balanced = weights * (weights.sum() / len(counts) / sums)[y]
        tensors |= {
            f"{index}.rows": x, f"{index}.classes": y, f"{index}.weights": weights,
            f"{index}.c": np.array([c]),
            f"{index}.logistic": vectors(logistic.fit(data, y, sample_weight=weights)),
            f"{index}.ridge": vectors(ridge.fit(data, y, sample_weight=balanced)),
            f"{index}.lda": vectors(lda.fit(data, y)),
        }
    save(HERE / "classifiers.safetensors", tensors)
