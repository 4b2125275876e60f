"""The Eyepiece server, as a program inside a Python package.

`eyepiece` on the command line is that program; this module has nothing else to import.
"""

from __future__ import annotations

import os
import pathlib
import sys

PROGRAM = pathlib.Path(__file__).parent / "bin" / "eyepiece"


def weights_folder() -> pathlib.Path:
    """Where weights lie unless EYEPIECE_WEIGHTS or --weights says otherwise."""
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return pathlib.Path(data).expanduser() / "eyepiece"


def main() -> None:
    """Becomes the program."""
    environment = {"EYEPIECE_WEIGHTS": str(weights_folder()), **os.environ}
    os.execve(PROGRAM, ["eyepiece", *sys.argv[1:]], environment)


def fetch_weights() -> None:
    """Fetches the default model's weights, with pip."""
    from . import weights

    if len(sys.argv) == 1:
        sys.argv.append(os.environ.get("EYEPIECE_WEIGHTS") or str(weights_folder()))
    try:
        weights.main()
    except (weights.Unusable, OSError, KeyError, weights.zipfile.BadZipFile) as error:
        sys.exit(f"eyepiece-weights: {error}")
