"""usage: difference.py FILE FILE

Prints how far two arrays are apart.
"""

import sys

import numpy as np

a, b = (np.load(path).astype(np.float64) for path in sys.argv[1:])
if a.shape != b.shape:
    sys.exit(f"{a.shape} is not {b.shape}")
print(f"max |Δ| {np.abs(a - b).max():.2g} of values up to {np.abs(a).max():.2g}")
