"""A bare Debian to try things in, thrown away afterwards."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

# What is there of a machine's own that programs of a chroot need.
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
PATIENCE = 600


def base(suite, cache):
    """The folder of a Debian with nothing but what every one has, made by debootstrap once."""
    folder = cache / suite
    if not (folder / "usr/bin/apt-get").exists():
        cache.mkdir(parents=True, exist_ok=True)
        made = cache / f"{suite}.part"
        shutil.rmtree(made, ignore_errors=True)
        with open(cache / f"{suite}.log", "w") as log:
            subprocess.run(
                ["debootstrap", "--variant=minbase", suite, str(made)], check=True, stdout=log, stderr=log)
        made.rename(folder)
    return folder


class Chroot:
    """A copy of a base, of which only changes are written; use it in a `with`."""

    def __init__(self, folder):
        self.base = folder
        self.servers = []

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="eyepiece-try-"))
        for name in ("upper", "work", "root"):
            (self.folder / name).mkdir()
        self.root = self.folder / "root"
        with contextlib.ExitStack() as stack:
            stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self._mount("overlay", "overlay", self.root, stack, "-o", (
                f"lowerdir={self.base},upperdir={self.folder}/upper,workdir={self.folder}/work"))
            self._mount("proc", "proc", self.root / "proc", stack)
            shutil.copyfile("/etc/resolv.conf", self.root / "etc/resolv.conf")
            (self.root / "try").mkdir()
            if os.path.exists(CERTIFICATES):
                shutil.copyfile(CERTIFICATES, self.root / "try/certificates.pem")
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.kill()
            server.wait()
        self._stack.close()

    @staticmethod
    def _mount(kind, source, target, stack, *options):
        subprocess.run(["mount", "-t", kind, *options, source, str(target)], check=True)
        stack.callback(subprocess.run, ["umount", "--lazy", str(target)], check=True)

    def put(self, file):
        """Copies a file into it; its path there."""
        shutil.copy(file, self.root / "try")
        return f"/try/{pathlib.Path(file).name}"

    def _command(self, command):
        return ["chroot", str(self.root), "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
                "DEBIAN_FRONTEND=noninteractive", "PIP_CERT=/try/certificates.pem",
                "PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_ROOT_USER_ACTION=ignore", "sh", "-ec", command]

    def run(self, command):
        """Runs a shell's command; the seconds that it took."""
        start = time.monotonic()
        done = subprocess.run(self._command(command), capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"in a bare Debian: {command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        self.output = done.stdout
        return time.monotonic() - start

    def start(self, command, port):
        """Starts a server; the seconds until it is ready."""
        start = time.monotonic()
        self.servers.append(subprocess.Popen(
            self._command(f"exec {command}"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        wait_until_ready(port, self.servers[-1])
        return time.monotonic() - start

    def stop(self):
        server = self.servers.pop()
        server.terminate()
        server.wait()

    def files(self):
        """What lies in it, but what apt and dpkg remember, and what was put there for the trial."""
        own = ("var/lib/dpkg", "var/lib/apt", "var/cache", "var/log", "try", "proc", "tmp", "root",
               "etc/ld.so.cache", "var/lib/systemd")
        found = set()
        for top, folders, names in os.walk(self.root):
            here = os.path.relpath(top, self.root)
            folders[:] = [one for one in folders if os.path.normpath(f"{here}/{one}") not in own]
            found.update(os.path.normpath(f"{here}/{one}") for one in folders + names)
        return found - set(own)


def wait_until_ready(port, process=None):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(OSError, urllib.error.URLError):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        if process is not None and process.poll() is not None:
            raise SystemExit(f"the server ended with {process.returncode}")
        time.sleep(0.02)
    raise SystemExit(f"nothing is ready at port {port}")


def ask(port, path, image=None):
    """An answer, and the seconds until it is there; `image` is posted."""
    start = time.monotonic()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", None if image is None else image.read_bytes())
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return answer, answer.read(), time.monotonic() - start


def picture(port, out, image=None, path="/features?output=pca"):
    """Asks for components as colours; the seconds until they are there."""
    _, data, seconds = ask(port, path, image)
    if not data.startswith(b"\x89PNG"):
        raise SystemExit("the answer is no picture")
    out.write_bytes(data)
    return seconds


def kept_field(port, image):
    """Has a field made and kept: its path, and the seconds."""
    answer, _, seconds = ask(port, "/fields", image)
    return answer.headers["Location"], seconds
