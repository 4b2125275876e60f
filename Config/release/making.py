"""Each file of a release, made of the program."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import archives
import bundle
import materials

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SERVER = ROOT / "Clients/server"
# Files of the Debian package that the tarball has too.
SHARED = ("usr/share/man", "usr/share/bash-completion", "usr/share/zsh", "usr/share/fish", "lib/systemd")

METADATA = """\
Metadata-Version: 2.4
Name: eyepiece-server
Version: {version}
Summary: High-resolution vision-transformer features of micrographs: the server, with its libraries
License-Expression: Apache-2.0
Requires-Python: >=3.9
Classifier: Operating System :: POSIX :: Linux
Classifier: Topic :: Scientific/Engineering :: Image Processing
Description-Content-Type: text/markdown

"""


class Release:
    """Where it is made, of what, and of which time."""

    def __init__(self, program, out):
        self.program, self.out = program, out
        self.version = bundle.said(program, "--version").strip()
        if not re.fullmatch(r"\d+(\.\d+)+[\w.+~]*", self.version):
            raise SystemExit(f"{program} is not Eyepiece: its version is {self.version[:40]!r}")
        self.machine = os.uname().machine
        epoch = os.environ.get("SOURCE_DATE_EPOCH")
        self.epoch = int(epoch or bundle.said("git", "-C", ROOT, "log", "-1", "--format=%ct"))
        self.environment = {**os.environ, "SOURCE_DATE_EPOCH": str(self.epoch)}
        out.mkdir(parents=True, exist_ok=True)

    def run(self, *command):
        done = subprocess.run(
            [str(one) for one in command], env=self.environment, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"bin/release: {command[0]}: {done.stderr.strip()}")
        return done.stdout

    def deb(self):
        return pathlib.Path(
            self.run(ROOT / "bin/package", "--out", self.out, "--binary", self.program).strip())

    def sbom(self):
        path = self.out / f"eyepiece-{self.version}.cdx.json"
        path.write_text(self.materials())
        return path

    def materials(self):
        made = materials.document(self.program, ROOT, self.version, self.epoch)
        return json.dumps(made, indent=1, ensure_ascii=False) + "\n"

    def tarball(self):
        with tempfile.TemporaryDirectory() as folder:
            tree, installed = pathlib.Path(folder) / "tree", pathlib.Path(folder) / "deb"
            bundle.carry(self.program, tree)
            bundle.licences(self.program, tree / "licences", ROOT / "LICENSE")
            self.run(ROOT / "bin/package", "--tree", installed, "--binary", self.program)
            for part in SHARED:
                shutil.copytree(installed / part, tree / part.removeprefix("usr/"), dirs_exist_ok=True)
            shutil.copy(ROOT / "Weights/fetch", tree / "bin/eyepiece-weights")
            shutil.copyfile(HERE / "README.txt", tree / "README")
            (tree / "eyepiece.cdx.json").write_text(self.materials())
            name = f"eyepiece-{self.version}-linux-{self.machine}"
            path = self.out / f"{name}.tar.gz"
            archives.write_tarball(tree, path, name, self.epoch)
        return path

    def wheel(self):
        with tempfile.TemporaryDirectory() as folder:
            tree = pathlib.Path(folder)
            package = tree / "eyepiece_server"
            shutil.copytree(
                SERVER / "src/eyepiece_server", package, ignore=shutil.ignore_patterns("__pycache__"))
            shutil.copyfile(ROOT / "Weights/fetch", package / "weights.py")
            major, minor = bundle.oldest_glibc(bundle.carry(self.program, package))
            tag = f"py3-none-manylinux_{major}_{minor}_{self.machine}"
            information = tree / f"eyepiece_server-{self.version}.dist-info"
            bundle.licences(self.program, information / "licenses", ROOT / "LICENSE")
            (information / "sboms").mkdir()
            (information / "sboms/eyepiece.cdx.json").write_text(self.materials())
            (information / "METADATA").write_text(
                METADATA.format(version=self.version) + (SERVER / "README.md").read_text())
            (information / "WHEEL").write_text(
                f"Wheel-Version: 1.0\nGenerator: eyepiece\nRoot-Is-Purelib: false\nTag: {tag}\n")
            (information / "entry_points.txt").write_text(
                "[console_scripts]\neyepiece = eyepiece_server:main\n"
                "eyepiece-weights = eyepiece_server:fetch_weights\n")
            path = self.out / f"eyepiece_server-{self.version}-{tag}.whl"
            archives.write_wheel(tree, path, self.epoch)
        return path

    def client(self):
        with tempfile.TemporaryDirectory() as folder:
            self.run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder,
                     ROOT / "Clients/python")
            (made,) = pathlib.Path(folder).glob("*.whl")
            return pathlib.Path(shutil.move(made, self.out / made.name))
