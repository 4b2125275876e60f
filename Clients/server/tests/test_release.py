"""What bin/release makes: equal bytes, a wheel that runs the program, a bill of what is in it."""

import csv
import hashlib
import io
import json
import os
import re
import shutil
import socket
import subprocess
import tarfile
import urllib.request
import venv
import zipfile

import pytest
from conftest import ROOT, write_weights
from pictures import micrograph

TOOLS = ("patchelf", "objdump", "strip", "dpkg-deb", "dpkg-shlibdeps")
PROGRAM = os.environ["EYEPIECE"]


def release(folder, *kinds, **environment):
    only = [word for kind in kinds for word in ("--only", kind)]
    done = subprocess.run(
        [ROOT / "bin/release", "--out", folder, "--binary", PROGRAM, *only], capture_output=True, text=True,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1700000000", **environment})
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"there is no {', '.join(missing)}")
    return release(tmp_path_factory.mktemp("release"), "wheel", "sbom")


@pytest.fixture(scope="module")
def wheel(made):
    (path,) = made.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The wheel in an environment that has nothing else."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin/pip", "install", "--quiet", "--no-index", wheel], check=True)
    return folder


def test_equal_input_makes_equal_bytes(made, wheel, tmp_path):
    release(tmp_path, "wheel", "sbom")
    assert (tmp_path / "SHA256SUMS").read_text() == (made / "SHA256SUMS").read_text()
    assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()


def test_sums_are_those_of_the_files(made):
    for line in (made / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((made / name).read_bytes()).hexdigest() == digest


def test_a_wheels_record_has_each_file(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (record,) = (name for name in archive.namelist() if name.endswith("RECORD"))
        rows = {row[0]: row for row in csv.reader(io.StringIO(archive.read(record).decode()))}
        assert set(rows) == set(archive.namelist())
        for name in set(rows) - {record}:
            assert int(rows[name][2]) == archive.getinfo(name).file_size
        assert {member.date_time[0] for member in archive.infolist()} == {2023}


def test_the_program_asks_for_nothing_that_the_wheel_has_not(installed):
    (package,) = installed.glob("lib/python*/site-packages/eyepiece_server")
    # Libraries of elsewhere would be found by this, were it asked.
    environment = {**os.environ, "LD_LIBRARY_PATH": "/usr/lib/x86_64-linux-gnu"}
    for file in [package / "bin/eyepiece", *package.glob("lib/*")]:
        text = subprocess.run(["ldd", file], capture_output=True, text=True, env=environment).stdout
        assert "not found" not in text
        for name, path in re.findall(r"(\S+) => (\S+)", text):
            is_glibcs = re.match(r"lib(c|m|dl|rt|pthread|resolv|util)\.so|ld-linux", name)
            assert is_glibcs or path.startswith(str(package)), (file.name, name, path)


def test_its_tag_is_the_glibc_that_it_needs(wheel, installed):
    major, minor = map(int, re.search(r"manylinux_(\d+)_(\d+)_", wheel.name).groups())
    (package,) = installed.glob("lib/python*/site-packages/eyepiece_server")
    newest = max(
        (int(a), int(b)) for file in [package / "bin/eyepiece", *package.glob("lib/*")]
        for a, b in re.findall(rb"GLIBC_(\d+)\.(\d+)", file.read_bytes()))
    assert (major, minor) == newest


def test_the_command_is_the_program(installed, tmp_path):
    command = installed / "bin/eyepiece"
    said = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
    assert said == subprocess.run([PROGRAM, "--version"], capture_output=True, text=True).stdout
    wrong = subprocess.run([command, "no-such-command"], capture_output=True, text=True)
    assert wrong.returncode == 64 and "no-such-command" in wrong.stderr
    module = subprocess.run(
        [installed / "bin/python", "-m", "eyepiece_server", "--version"], capture_output=True, text=True)
    assert module.stdout == said
    environment = {**os.environ, "XDG_DATA_HOME": str(tmp_path)}
    shown = subprocess.run(
        [command, "config", "show"], capture_output=True, text=True, env=environment, check=True).stdout
    assert str(tmp_path / "eyepiece") in shown


def test_its_server_answers(installed, tmp_path):
    write_weights(tmp_path, "vit")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    server = subprocess.Popen(
        [installed / "bin/eyepiece", "serve", "--port", str(port), "--model", "vit",
         "--store", str(tmp_path / "store")],
        env={"PATH": os.environ["PATH"], "EYEPIECE_WEIGHTS": str(tmp_path)},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert "answers at" in server.stdout.readline()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/features?output=pca", data=b"P5 96 64 255\n" +
                                    micrograph().tobytes()) as answer:
            assert answer.read().startswith(b"\x89PNG")
    finally:
        server.terminate()
        assert server.wait(30) == 0
        server.stdout.close()


def test_the_bill_names_every_library_that_is_carried(made, wheel):
    (bill,) = made.glob("*.cdx.json")
    document = json.loads(bill.read_text())
    files = {file["name"] for one in document["components"] for file in one.get("components", [])}
    with zipfile.ZipFile(wheel) as archive:
        carried = {name.split("/")[-1] for name in archive.namelist() if name.startswith("eyepiece_server/lib/")}
        licences = {name.split("/")[-1] for name in archive.namelist() if "/licenses/" in name}
    assert files == carried
    packages = {one["name"] for one in document["components"] if one.get("components")}
    assert packages - {"swift-runtime"} <= licences and {"swift", "eyepiece"} <= licences
    pins = {pin["identity"] for pin in json.loads((ROOT / "Package.resolved").read_text())["pins"]}
    assert pins <= {one["name"] for one in document["components"]}
    assert document["metadata"]["timestamp"] == "2023-11-14T22:13:20Z"


def test_the_bill_is_cyclonedx(made):
    validation = pytest.importorskip("cyclonedx.validation.json")
    schema = pytest.importorskip("cyclonedx.schema")
    (bill,) = made.glob("*.cdx.json")
    errors = validation.JsonStrictValidator(schema.SchemaVersion.V1_5).validate_str(bill.read_text())
    assert errors is None, errors


def test_the_tarball_lies_anywhere(made, tmp_path):
    release(tmp_path / "out", "tarball")
    (path,) = (tmp_path / "out").glob("*.tar.gz")
    with tarfile.open(path) as archive:
        assert {(member.uid, member.mtime) for member in archive.getmembers()} == {(0, 1700000000)}
        archive.extractall(tmp_path / "somewhere else")
    (top,) = (tmp_path / "somewhere else").iterdir()
    said = subprocess.run([top / "bin/eyepiece", "--version"], capture_output=True, text=True, env={})
    assert said.returncode == 0 and said.stdout.strip() in top.name
    assert (top / "share/man/man1/eyepiece.1.gz").exists() and (top / "licences/libtiff6").exists()


def test_a_program_that_is_not_there_is_told(tmp_path):
    done = subprocess.run(
        [ROOT / "bin/release", "--binary", tmp_path / "none"], capture_output=True, text=True)
    assert done.returncode == 1 and f"there is no {tmp_path / 'none'}" in done.stderr
