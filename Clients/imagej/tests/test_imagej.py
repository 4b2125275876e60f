"""The macro in ImageJ, which is Debian's, before a display of nobody's (Xvfb)."""

import os
import pathlib
import shutil
import signal
import subprocess
import time

import eyepiece
import numpy as np
import pytest
import tifffile
from pictures import micrograph

MACRO = pathlib.Path(__file__).parent.parent / "Eyepiece.ijm"
JAR = pathlib.Path(os.environ.get("IMAGEJ_JAR", "/usr/share/java/ij.jar"))

pytestmark = pytest.mark.skipif(
    not JAR.exists() or not shutil.which("xvfb-run") or not shutil.which("java"),
    reason="there is no imagej, no xvfb or no java")

REGIONS = """
roiManager("reset");
makeRectangle(8, 10, 22, 4); Roi.setName("1 matrix"); roiManager("add");
makeRectangle(60, 40, 25, 4); Roi.setName("2-0040"); roiManager("add");
makeLine(10, 50, 30, 50); Roi.setName("3 line"); roiManager("add");
run("Select None");
"""


def run(folder, text, mode="-macro"):
    """Runs a macro after opening `steel.tif`; what it printed.

    With `-batch` messages are printed, and not shown until someone closes them; but then macros share
    no ROI Manager.
    """
    if not (folder / "steel.tif").exists():
        tifffile.imwrite(
            folder / "steel.tif", micrograph(), imagej=True, resolution=(2, 2), metadata={"unit": "um"})
    done = folder / "done"
    (folder / "test.ijm").write_text(
        f'open("{folder}/steel.tif");\n{text}\nFile.saveString("", "{done}");\n'.replace(
            "MACRO", str(MACRO)))
    ran = subprocess.Popen(
        ["xvfb-run", "-a", "java", "-Xmx512m", "-cp", str(JAR), "ij.ImageJ", mode,
         str(folder / "test.ijm")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True)
    # ImageJ stays open after a macro, and when a message waits to be closed.
    end = time.monotonic() + 60
    while ran.poll() is None and not done.exists() and time.monotonic() < end:
        time.sleep(0.1)
    os.killpg(ran.pid, signal.SIGTERM)
    return ran.communicate()[0]


@pytest.fixture
def field(server, tmp_path):
    """The field of the file that ImageJ writes, by another client."""
    return eyepiece.Client(server.url).field(micrograph(), quality="draft")


def test_regions_become_classes_and_a_table(server, field, tmp_path):
    told = run(tmp_path, REGIONS + f"""
      runMacro("MACRO", "url={server.url} quality=draft output=segmentation measure=fractions");
      saveAs("Tiff", "{tmp_path}/result.tif");
      Table.save("{tmp_path}/table.csv", "steel.tif fractions");
    """)
    assert (tmp_path / "result.tif").exists(), told
    labels = np.zeros((64, 96), np.uint8)
    labels[10:14, 8:30] = 1
    labels[40:44, 60:85] = 2
    labels[50, 10:31] = 3
    result = tifffile.imread(tmp_path / "result.tif")
    assert np.array_equal(result, field.segment(labels).labels)
    rows = (tmp_path / "table.csv").read_text().splitlines()
    assert len(rows) == 4 and "fraction" in rows[0]
    with tifffile.TiffFile(tmp_path / "result.tif") as file:
        # 2 pixels a micrometre.
        assert file.pages[0].tags["XResolution"].value[0] / file.pages[0].tags["XResolution"].value[1] == 2


def test_components_and_similarity_are_images(server, field, tmp_path):
    told = run(tmp_path, f"""
      runMacro("MACRO", "url={server.url} quality=draft output=pca");
      saveAs("Tiff", "{tmp_path}/pca.tif");
      selectWindow("steel.tif");
      makePoint(70, 30);
      runMacro("MACRO", "url={server.url} quality=draft output=similarity");
      saveAs("Tiff", "{tmp_path}/similarity.tif");
    """)
    assert (tmp_path / "similarity.tif").exists(), told
    assert np.array_equal(tifffile.imread(tmp_path / "pca.tif"), field.pca())
    similarity = tifffile.imread(tmp_path / "similarity.tif")
    assert np.allclose(similarity, field.similarity([70, 30]), atol=1e-5)


@pytest.mark.parametrize("text, complaint", [
    ('runMacro("MACRO", "url=URL output=segmentation");', "add regions"),
    ('runMacro("MACRO", "url=URL output=similarity");', "select a point"),
    ('runMacro("MACRO", "url=http://127.0.0.1:9 output=pca");', "no answer from"),
    ('runMacro("MACRO", "url=URL output=pca quality=best");', "quality"),
    ('runMacro("MACRO", "colour=red");', "no setting colour"),
])
def test_what_is_wrong_is_said(server, tmp_path, text, complaint):
    told = run(tmp_path, text.replace("URL", server.url), "-batch")
    assert complaint in told
