"""What the clients' tests share: a server with a small random model, and pictures with their labels."""

import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile

import pytest
from pictures import micrograph, strokes

ROOT = pathlib.Path(__file__).parent.parent
FAMILIES = ROOT / "Tests" / "Fixtures" / "Families"


def write_weights(folder, name):
    """Writes a model of the fixtures as a folder of weights has it."""
    file = (FAMILIES / f"{name}.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", file[:8])
    header = json.loads(file[8 : 8 + length])
    card = json.loads(header["__metadata__"]["card"])
    tensors = {key.removeprefix("w."): value for key, value in header.items()}
    text = json.dumps(tensors).encode()
    weights = struct.pack("<Q", len(text)) + text + file[8 + length :]
    (folder / f"{name}.safetensors").write_bytes(weights)
    card |= {"name": name, "file": f"{name}.safetensors"}
    (folder / f"{name}.json").write_text(json.dumps(card))


class Server:
    """The program, on a port that it keeps when it is started again."""

    def __init__(self, *options):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.options = options
        (self.folder / "weights").mkdir()
        write_weights(self.folder / "weights", "vit")
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [os.environ["EYEPIECE"], "serve", "--host", "127.0.0.1", "--port", str(self.port),
             "--weights", str(self.folder / "weights"), "--model", "vit",
             "--store", str(self.folder / "store"), *self.options],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        assert "answers at" in line, line

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server():
    one = Server()
    yield one
    one.close()


@pytest.fixture
def start():
    """Starts a server with options of its own."""
    servers = []

    def begin(*options):
        servers.append(Server(*options))
        return servers[-1]

    yield begin
    for one in servers:
        one.close()


@pytest.fixture
def picture():
    return micrograph()


@pytest.fixture
def labels():
    return strokes()
