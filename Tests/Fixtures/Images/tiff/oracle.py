"""What tifffile sees, against what is expected of a case."""

import io

import numpy as np
import tifffile

import kinds


def seen_by_tifffile(case):
    """Whether tifffile reads the first page, and then with the same values; it must not differ.

    Colours that are converted, and samples that are divided by alpha, are not compared.
    """
    page = case.pages[0]
    if not case.checked or {"divided", "does not say"} & set(page.notices):
        return False
    try:
        seen = tifffile.TiffFile(io.BytesIO(case.data)).pages[0]
        pixels = seen.asarray()
    except Exception:  # Whatever it raises, the kind is one that it does not read.
        return False
    photometric = int(seen.photometric)
    # 24 bits of integers it gives left-aligned in 32, and some signed ones not at all.
    if (photometric > 2 or pixels.size == 0
            or (seen.bitspersample == 24 and page.number != kinds.FLOAT)):
        return False
    if seen.planarconfig == 2 and pixels.ndim == 3:
        pixels = np.moveaxis(pixels, 0, -1)
    pixels = pixels.reshape(*page.samples.shape[:2], -1)[..., :page.samples.shape[-1]]
    if pixels.dtype == bool:
        pixels = pixels.astype(np.uint8)
    right = kinds.decoded(pixels, page.number, page.bits, photometric == 0)
    assert right.shape == page.samples.shape, (case.name, right.shape, page.samples.shape)
    with np.errstate(invalid="ignore"):
        difference = np.abs(right.astype(float) - page.samples.astype(float))
    assert np.nanmax(difference) <= page.tolerance, (case.name, np.nanmax(difference))
    assert (np.isnan(right.astype(float)) == np.isnan(page.samples.astype(float))).all(), case.name
    return True


def described(case, samples_of):
    """The entries of `expected.json` for a case; `samples_of` says where samples are kept."""
    if case.refused is not None:
        return [{"file": case.name, "refused": case.refused}]
    entries = []
    for index, page in enumerate(case.pages):
        samples = np.ascontiguousarray(page.samples.astype(page.samples.dtype.newbyteorder("<")))
        entries.append({
            "file": case.name, "page": index, "pages": len(case.pages),
            "height": samples.shape[0], "width": samples.shape[1], "channels": samples.shape[2],
            "depth": page.samples.dtype.name, "kind": page.kind, "number": page.number,
            "bits": page.bits, "tolerance": page.tolerance, "notices": list(page.notices),
            "orientation": page.orientation, "pixelSize": page.size,
        } | samples_of(case.name, index, samples))
    return entries
