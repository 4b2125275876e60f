"""What NumPy, zipfile, safetensors and tifffile make of files of arrays.

    python3 compatibility.py read FOLDER     reads what the test wrote there, says what they say
    python3 compatibility.py write FOLDER    writes files there for the test to read

Elements count up and start again after 250. Fails by an exception. Written for numpy 2.4.6,
safetensors 0.8.0 and tifffile 2026.3.3; no other than NumPy is needed to write.
"""

import pathlib
import sys
import zipfile

import numpy as np

ARRAYS = {
    "features": (5, 7, 3),
    "labels": (9,),
    "points": (9, 2),
}


def counted(shape, dtype):
    return (np.arange(np.prod(shape, dtype=int)) % 251).astype(dtype).reshape(shape)


def check(array, shape, dtype):
    array = np.asarray(array)
    assert array.dtype == dtype and array.shape == shape, (array.dtype, array.shape)
    assert np.array_equal(array, counted(shape, dtype)), array
    return f"{array.dtype} {list(array.shape)}"


def read_npz(path, dtype):
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        dates = {info.date_time for info in archive.infolist()}
        versions = {info.extract_version for info in archive.infolist()}
    arrays = np.load(path)
    assert list(arrays) == list(ARRAYS), list(arrays)
    said = [check(arrays["features"], ARRAYS["features"], dtype)]
    said += [check(arrays[name], ARRAYS[name], "int32") for name in ("labels", "points")]
    return f"zipfile: testzip None, {dates}, needs {versions}; NumPy: {said}"


def read_safetensors(path, dtype):
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        assert file.metadata() == {"model": "a “b”\\\n"}, file.metadata()
        said = [check(file.get_tensor("features"), ARRAYS["features"], dtype)]
        said += [check(file.get_tensor(name), ARRAYS[name], "int32") for name in ("labels", "points")]
    return f"safetensors: {said}, metadata as written"


def read_tiff(path, dtype):
    import tifffile

    height, width, channels = ARRAYS["features"]
    with tifffile.TiffFile(path) as file:
        assert file.is_imagej and file.is_bigtiff == ("big" in path.name)
        assert len(file.pages) == channels and len(file.series) == 1
        said = check(file.asarray(), (channels, height, width), dtype)
        for number, page in enumerate(file.pages):
            assert np.array_equal(page.asarray(), file.asarray()[number])
        return (
            f"tifffile: {said} {file.series[0].axes}, is_imagej {file.is_imagej}, "
            f"is_bigtiff {file.is_bigtiff}, imagej_metadata {file.imagej_metadata}")


def read_one_page(path):
    import tifffile

    with tifffile.TiffFile(path) as file:
        assert file.is_imagej and len(file.pages) == 1
        return f"tifffile: {check(file.asarray(), (4, 6), 'float32')}, one page"


def read(folder):
    for dtype in ("float32", "float16"):
        path = folder / f"{dtype}.npy"
        print(path.name, f"NumPy: {check(np.load(path), ARRAYS['features'], dtype)}")
        for name in (f"{dtype}.npz", f"{dtype}.wide.npz"):
            print(name, read_npz(folder / name, dtype))
        for name in (f"{dtype}.tif", f"{dtype}.big.tif"):
            print(name, read_tiff(folder / name, dtype))
        name = f"{dtype}.safetensors"
        print(name, read_safetensors(folder / name, dtype))
    print("page.tif", read_one_page(folder / "page.tif"))


def write(folder):
    for dtype in ("i4", "i8", "u4", "u1", "u2", "f2", "f4", "f8"):
        np.save(folder / f"c.{dtype}.npy", counted((4, 3, 5), dtype))
        np.save(folder / f"fortran.{dtype}.npy", np.asfortranarray(counted((4, 3, 5), dtype)))
        for version in ((1, 0), (2, 0), (3, 0)):
            with open(folder / f"version{version[0]}.{dtype}.npy", "wb") as file:
                np.lib.format.write_array(file, counted((4, 3, 5), dtype), version=version)


if __name__ == "__main__":
    {"read": read, "write": write}[sys.argv[1]](pathlib.Path(sys.argv[2]))
