"""Makes the TIFFs in this folder, and `expected.json`: what is right for each of their pages.

    python3 -m pip install imagecodecs==2026.3.6 numpy==2.4.6 Pillow==13.0.0 tifffile==2026.3.3
    python3 Tests/Fixtures/Images/tiff/make.py

The samples are stored by `writer.py` and compared with tifffile's, where it reads the kind;
conversions of colours are Pillow's. With a number and a folder it makes so many other files there,
at random over types, layouts and compressions, for `TIFFComparisonTests`:

    python3 Tests/Fixtures/Images/tiff/make.py 600 /tmp/tiffs
    EYEPIECE_TIFFS=/tmp/tiffs swift test --filter TIFFComparisonTests
"""

import base64
import json
import pathlib
import sys

from cases import cases
from combinations import combinations
from oracle import described, seen_by_tifffile

HERE = pathlib.Path(__file__).parent


def beside(_, __, samples):
    return {"samples": base64.b64encode(samples).decode()}


def make(folder, made, samples_of):
    """Writes the cases; returns their number, bytes, and how many are equal tifffile's."""
    entries, files, agreed, total = [], 0, 0, 0
    for case in made:
        case.name += ".tif"
        path = folder / case.name
        assert not path.exists(), case.name
        path.write_bytes(case.data)
        agreed += bool(case.pages) and seen_by_tifffile(case)
        files += 1
        total += len(case.data)
        entries += described(case, samples_of)
    (folder / "expected.json").write_text(
        "[\n" + ",\n".join(json.dumps(entry) for entry in entries) + "\n]\n")
    print(f"{files} files, {total} bytes; {agreed} equal tifffile's", file=sys.stderr)
    return total


def main():
    if len(sys.argv) == 3:
        count, folder = int(sys.argv[1]), pathlib.Path(sys.argv[2])
        folder.mkdir(parents=True)

        def in_file(name, page, samples):
            (folder / f"{name}.{page}").write_bytes(samples)
            return {"samplesFile": f"{name}.{page}"}

        make(folder, combinations(count), in_file)
        return
    for old in HERE.glob("*.tif"):
        old.unlink()
    assert make(HERE, cases(), beside) < 700_000


if __name__ == "__main__":
    main()
