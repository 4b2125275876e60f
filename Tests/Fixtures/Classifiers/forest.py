#!/usr/bin/env python3
"""A random forest of scikit-learn's, and its probabilities of rows.

    python3 -m pip install numpy==2.4.6 scikit-learn==1.9.1
    python3 Tests/Fixtures/Classifiers/forest.py

`forest.safetensors` holds the trees' nodes one after the other, the first ones' numbers as `roots`,
`rows`, float32 `[n, dim]`, and `probabilities`, float64 `[n, classes]`.
"""

import numpy as np
from make import HERE, rows, save
from sklearn.ensemble import RandomForestClassifier

if __name__ == "__main__":
    x, y = rows((150, 90, 40), 9, 0.6)
    model = RandomForestClassifier(25, max_depth=8, random_state=3, class_weight="balanced")
    trees = [estimator.tree_ for estimator in model.fit(x, y).estimators_]
    firsts = np.cumsum([0] + [tree.node_count for tree in trees])[:-1]
    asked, _ = rows((400, 400, 400), 9, 0.6)
    save(HERE / "forest.safetensors", {
        "roots": firsts.astype(np.int32),
        "features": np.concatenate([np.where(t.children_left < 0, -1, t.feature)
                                    for t in trees]).astype(np.int32),
        "thresholds": np.concatenate([t.threshold for t in trees]),
        "left": np.concatenate([t.children_left + f for t, f in zip(trees, firsts)]).astype(np.int32),
        "right": np.concatenate([t.children_right + f
                                 for t, f in zip(trees, firsts)]).astype(np.int32),
        "shares": np.concatenate([t.value[:, 0] / t.value[:, 0].sum(1, keepdims=True)
                                  for t in trees]),
        "rows": asked,
        "probabilities": model.predict_proba(asked),
    })
