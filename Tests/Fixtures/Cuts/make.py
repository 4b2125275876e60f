#!/usr/bin/env python3
"""Grids of cells, and the object that TokenCut's formula cuts from each.

    python3 -m pip install numpy==2.4.6 scipy==1.17.1
    python3 Tests/Fixtures/Cuts/make.py

`cuts.safetensors` holds for each grid N: `N.vectors`, float32 `[rows, columns, dim]`, whose mean is to be
taken away; of the graph that joins cells by 1 where their cosine is above 0.2 and else by 1e-5,
`N.eigenvalues`, the four smallest of (D - W) v = lambda D v, and `N.vector`, the second of its vectors,
float64; and of Wang et al. 2022, eq. 5 and 6, `N.partition`, the cells above the vector's mean on the side of
the cell of its largest magnitude, and `N.object`, those of them that are connected to that cell by
edges, uint8 `[rows, columns]`.
"""

import pathlib
import sys

import numpy as np
from scipy import linalg, ndimage

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from tensor_file import save  # noqa: E402

RANDOM = np.random.default_rng(11)
GRIDS, DIM, THRESHOLD, EPSILON = 20, 6, 0.2, 1e-5


def vectors():
    """A background, one to three blobs of other vectors, and noise."""
    rows, columns = RANDOM.integers(8, 15, 2)
    y, x = np.mgrid[:rows, :columns]
    field = RANDOM.standard_normal(DIM) + np.zeros((rows, columns, DIM))
    for _ in range(RANDOM.integers(1, 4)):
        row, column = RANDOM.uniform(0, rows), RANDOM.uniform(0, columns)
        across, down = RANDOM.uniform(1.2, 4, 2)
        blob = ((x - column) / across) ** 2 + ((y - row) / down) ** 2 < 1
        field[blob] = RANDOM.standard_normal(DIM)
    return (field + 0.45 * RANDOM.standard_normal(field.shape)).astype(np.float32)


def cut(field):
    """The answer, or None where another order of sums could have another."""
    cells = field.reshape(-1, DIM).astype(np.float64)
    cells = cells - cells.mean(0)
    cells /= np.linalg.norm(cells, axis=1, keepdims=True)
    cosines = cells @ cells.T
    weights = np.where(cosines > THRESHOLD, 1, EPSILON)
    degrees = np.diag(weights.sum(1))
    values, found = linalg.eigh(degrees - weights, degrees, subset_by_index=[0, 3])
    vector = found[:, 1]
    inside = vector > vector.mean()
    seed = np.abs(vector).argmax()
    if not inside[seed]:
        vector, inside = -vector, ~inside
    largest = np.sort(np.abs(vector))[-2:]
    if (np.abs(cosines - THRESHOLD).min() < 1e-5 or values[2] - values[1] < 1e-3
            or np.abs(vector - vector.mean()).min() < 1e-6 or largest[1] - largest[0] < 1e-6):
        return None
    partition = inside.reshape(field.shape[:2])
    parts, _ = ndimage.label(partition)
    return {"vector": vector, "eigenvalues": values, "partition": partition.astype(np.uint8),
            "object": (parts == parts.flat[seed]).astype(np.uint8)}


if __name__ == "__main__":
    tensors, index = {}, 0
    while index < GRIDS:
        field = vectors()
        answer = cut(field)
        if answer is None:
            continue
        tensors[f"{index}.vectors"] = field
        for name, array in answer.items():
            tensors[f"{index}.{name}"] = array
        index += 1
    save(HERE / "cuts.safetensors", tensors)
