"""The script under Groovy, with a stand-in for QuPath that has what it calls."""

import json
import os
import pathlib
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image
from pictures import micrograph

HERE = pathlib.Path(__file__).parent

pytestmark = pytest.mark.skipif(not shutil.which("groovy"), reason="there is no groovy")


def java_home():
    """Where the program `java` lies, which Debian's groovy does not look for."""
    return str(pathlib.Path(shutil.which("java")).resolve().parent.parent)


def run(folder, server, classes="matrix,pore", region="", replace=(), picture=None):
    Image.fromarray(micrograph() if picture is None else picture).save(folder / "image.png")
    text = (HERE.parent / "Eyepiece.groovy").read_text().replace("'standard'", "'draft'")
    for old, new in replace:
        assert old in text
        text = text.replace(old, new)
    (folder / "script.groovy").write_text(text)
    ran = subprocess.run(
        ["groovy", "-cp", str(HERE / "stubs"), str(folder / "script.groovy")], capture_output=True, text=True,
        timeout=120, env={
            **os.environ, "JAVA_HOME": java_home(), "EYEPIECE_URL": server.url, "STUB_FOLDER": str(folder),
            "STUB_CLASSES": classes, "STUB_REGION": region})
    if ran.returncode:
        return None, ran.stdout + ran.stderr
    return json.loads((folder / "objects.json").read_text()), ran.stdout


def box(objects, name):
    points = np.array([point for one in objects if one["name"] == name for point in one["points"]])
    return points[:, 0].min(), points[:, 1].min(), points[:, 0].max(), points[:, 1].max()


def test_annotations_become_objects_of_their_classes(server, tmp_path):
    objects, told = run(tmp_path, server)
    assert objects, told
    assert {(one["name"], one["color"]) for one in objects} == {("matrix", 0xD55E00), ("pore", 0x56B4E9)}
    assert box(objects, "matrix")[:2] == (0, 0) and abs(box(objects, "matrix")[2] - 48) < 12
    assert box(objects, "pore")[2:] == (96, 64)
    assert f"{len(objects)} objects of 2 classes" in told


def test_a_region_and_its_scale_are_those_of_the_image(server, tmp_path):
    objects, told = run(tmp_path, server, region="4,6,90,40", replace=[("= 2048", "= 45")])
    assert objects, told
    left, top, right, bottom = box(objects, "matrix")
    assert (left, top) == (4, 6) and abs(right - 48) < 12
    assert box(objects, "pore")[2:] == (94, 46)


def test_ignored_classes_are_learnt_and_not_added(server, tmp_path):
    objects, told = run(tmp_path, server, classes="matrix,Ignore*")
    assert objects, told
    assert {one["name"] for one in objects} == {"matrix"} and box(objects, "matrix")[2] < 60


def test_what_is_wrong_is_said(server, tmp_path):
    _, told = run(tmp_path, server, classes="matrix")
    assert "annotate regions of two classes" in told
    _, told = run(tmp_path, server, replace=[("'area:50'", "'polish'")])
    assert "400" in told and "polish" in told
