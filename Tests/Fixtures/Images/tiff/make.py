"""Makes the TIFFs in this folder, and `expected.json`: what is right for each of their pages.

    python3 -m pip install imagecodecs==2026.3.6 numpy==2.4.6 Pillow==13.0.0 tifffile==2026.3.3
    python3 Tests/Fixtures/Images/tiff/make.py

The samples are stored here and checked with tifffile, where it reads the kind; conversions of
colours are Pillow's.
"""

import base64
import io
import json
import pathlib
import sys

import numpy as np
import tifffile

from cases import cases

HERE = pathlib.Path(__file__).parent


def described(case):
    if case.refused is not None:
        return [{"file": case.name, "refused": case.refused}]
    entries = []
    for index, page in enumerate(case.pages):
        samples = page.samples
        samples = samples.astype(samples.dtype.newbyteorder("<"))
        entries.append({
            "file": case.name, "page": index, "pages": len(case.pages),
            "height": samples.shape[0], "width": samples.shape[1], "channels": samples.shape[2],
            "depth": page.samples.dtype.name, "kind": page.kind, "number": page.number,
            "bits": page.bits, "tolerance": page.tolerance, "notices": list(page.notices),
            "orientation": page.orientation, "pixelSize": page.size,
            "samples": base64.b64encode(np.ascontiguousarray(samples)).decode(),
        })
    return entries


def seen_by_tifffile(case):
    """Whether tifffile reads the first page with the same values, where they are not converted."""
    try:
        seen = tifffile.TiffFile(io.BytesIO(case.data)).pages[0]
        pixels = seen.asarray()
    except Exception:  # Whatever it raises, the kind is one that it does not read.
        return False
    page = case.pages[0]
    # 24 bits of integers it gives left-aligned in 32; fewer signed ones not at all.
    if pixels.size == 0 or (seen.bitspersample == 24 and page.number != "float"):
        return False
    if seen.planarconfig == 2 and pixels.ndim == 3:
        pixels = np.moveaxis(pixels, 0, -1)
    pixels = pixels.reshape(*page.samples.shape[:2], -1)
    if page.kind == "colour" and pixels.shape[-1] < 3 or page.notices:
        return False
    if seen.bitspersample < 8:
        most = (1 << seen.bitspersample) - 1
        pixels = (pixels.astype(int) * 255 + most // 2) // most
    pixels = pixels[..., :page.samples.shape[-1]].astype(page.samples.dtype)
    assert pixels.shape == page.samples.shape, (case.name, pixels.shape, page.samples.shape)
    with np.errstate(invalid="ignore"):
        difference = np.abs(pixels.astype(float) - page.samples.astype(float))
    assert np.nanmax(difference) <= page.tolerance, (case.name, np.nanmax(difference))
    assert (np.isnan(pixels.astype(float)) == np.isnan(page.samples.astype(float))).all()
    return True


def main():
    for old in HERE.glob("*.tif"):
        old.unlink()
    entries, agreed, total = [], 0, 0
    for case in cases():
        path = HERE / f"{case.name}.tif"
        assert not path.exists(), case.name
        path.write_bytes(case.data)
        case.name = path.name
        if case.pages and case.checked:
            agreed += seen_by_tifffile(case)
        total += len(case.data)
        entries += described(case)
    assert total < 700_000, total
    (HERE / "expected.json").write_text(
        "[\n" + ",\n".join(json.dumps(entry) for entry in entries) + "\n]\n")
    print(f"{len({entry['file'] for entry in entries})} files, {total} bytes; "
          f"{agreed} equal tifffile's", file=sys.stderr)


if __name__ == "__main__":
    main()
