#!/usr/bin/env python3
"""Trees that scikit-learn and XGBoost have grown, as their files, and their probabilities of rows.

    python3 -m pip install numpy==2.4.6 scikit-learn==1.9.1 skops==0.16.0 xgboost-cpu==3.2.0
    python3 Tests/Fixtures/Imports/make.py [ROWS]

`expected.safetensors` holds `rows`, float32 `[ROWS, 9]`, many of them on thresholds, and for each file the
probabilities, float64 `[ROWS, classes]`.
"""

import pathlib
import sys

import numpy as np
import skops.io
import xgboost
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from tensor_file import save  # noqa: E402

RANDOM = np.random.default_rng(23)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    x = RANDOM.standard_normal((400, 9)).astype(np.float32)
    place = (x[:, 0] + x[:, 1] * x[:, 2] > 0).astype(int) + (x[:, 3] > 0.8)
    rows = RANDOM.standard_normal((count, 9)).astype(np.float32)
    # Every other value is one of the training's: thresholds of boosting are among these.
    rows[::2] = x[RANDOM.integers(0, 400, (len(rows[::2]), 9)), np.arange(9)]
    expected = {"rows": rows}

    for name, kind in (("forest", RandomForestClassifier), ("extra", ExtraTreesClassifier)):
        forest = kind(7, max_depth=6, class_weight="balanced", random_state=1)
        forest.fit(x, np.array([2, 5, 9])[place])
        skops.io.dump(forest, HERE / f"{name}.skops")
        expected[f"{name}.skops"] = forest.predict_proba(rows)
    for name, classes in (("three", place), ("two", place > 0)):
        booster = xgboost.XGBClassifier(n_estimators=6, max_depth=3, tree_method="exact")
        booster.fit(x, classes.astype(int))
        for ending in ("json", "ubj"):
            booster.save_model(HERE / f"{name}.{ending}")
            expected[f"{name}.{ending}"] = booster.predict_proba(rows).astype(np.float64)
    save(HERE / "expected.safetensors", expected)


main()
