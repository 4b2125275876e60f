"""What the documents show does what they say."""

import ast
import json
import pathlib
import re

import numpy as np
import pytest
from pictures import micrograph, strokes
from PIL import Image

HERE = pathlib.Path(__file__).parent.parent


def examples():
    return re.findall(r"```python\n(.*?)```", (HERE / "README.md").read_text(), re.S)


@pytest.fixture
def folder(tmp_path, monkeypatch, server):
    """Where a reader would be: with two micrographs, and an address."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EYEPIECE_URL", server.url)
    for name, seed in (("steel.tif", 0), ("other.tif", 1)):
        Image.fromarray(micrograph(300, 300, seed)).save(name)
    return tmp_path


def test_the_readmes_examples_run(folder, server):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    names = {
        "labels": strokes(300, 300), "files": ["steel.tif", "other.tif"], "kinds": [0, 1],
        "make_pipeline": make_pipeline, "LinearSVC": LinearSVC, "LogisticRegression": LogisticRegression}
    assert len(examples()) == 3
    for example in examples():
        exec(example.replace("http://localhost:8471", server.url), names)
    assert np.load("steel.npy", mmap_mode="r").shape[:2] == (300, 300)
    assert json.loads((folder / "steel.geojson").read_text())["features"]
    assert names["result"].labels.shape == (300, 300)
    assert sorted(path.name for path in folder.glob("pictures/*")) == ["other.png", "steel.png"]
    assert np.load("other.npy", mmap_mode="r").shape == np.load("steel.npy", mmap_mode="r").shape
    assert names["clusters"].labels.max() == 3 and len(names["joint"].labels) == 2


def test_the_notebook_runs_and_is_short(folder, capsys):
    cells = json.loads((HERE / "notebook.ipynb").read_text())["cells"]
    lines = [line for cell in cells for line in "".join(cell["source"]).splitlines()]
    assert len(lines) < 40
    names = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
    assert names["result"].labels.shape == (300, 400)
    assert "class 2" in capsys.readouterr().out
    assert np.mean((names["result"].labels == 2) == names["grains"]) > 0.8
    assert (folder / "grains.tif").exists() and (folder / "grains.safetensors").exists()


def test_the_notebook_runs_in_jupyter(folder):
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    book = nbformat.read(HERE / "notebook.ipynb", as_version=4)
    nbclient.NotebookClient(book, timeout=120).execute()
    assert any(output.get("text", "").startswith("class 1") for cell in book.cells
               for output in cell.get("outputs", []))


def test_the_sources_are_of_the_oldest_python_that_is_promised():
    for file in (HERE / "src").rglob("*.py"):
        ast.parse(file.read_text(), feature_version=(3, 9))
