"""The release build of the server, as a process."""
import http.client
import os
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAM = Path(os.environ.get("TORTURE_PROGRAM", ROOT / ".build/release/eyepiece"))
IMAGES = ROOT / "Tests/Fixtures/Images"


class Server:
    """A server process on a free port; its log is read as it is written.

    It stores nothing on disk unless a store is given. `log` is another destination of its log.
    """

    def __init__(self, weights, *options, store="none", scheme="http", log=subprocess.STDOUT,
                 program=PROGRAM):
        self.scheme = scheme
        self.process = subprocess.Popen(
            [program, "serve", "--port", "0", "--weights", weights, "--store", store, *options],
            stdout=subprocess.PIPE, stderr=log, text=True)
        self.lines = []
        self.ready = threading.Event()
        threading.Thread(target=self.read, daemon=True).start()
        if not self.ready.wait(60):
            self.process.kill()
            sys.exit("bin/torture: the server did not start:\n" + "".join(self.lines))

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line)
            if match := re.search(rf"answers at {self.scheme}://\S*:(\d+)", line):
                self.port = int(match[1])
                self.ready.set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def ask(self, method, target, body=None, fields={}, timeout=600, address="127.0.0.1"):
        """The status and the body of an answer, to a client of an address of this machine."""
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=timeout, source_address=(address, 0))
        try:
            connection.request(method, target, body, fields)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def send(self, data, timeout=20):
        """Sends raw bytes; returns the status and the body of the first answer, or None."""
        with socket.create_connection(("127.0.0.1", self.port), timeout) as client:
            answer = b""
            try:
                client.sendall(data)
                client.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            try:
                while part := client.recv(65536):
                    answer += part
            except OSError:
                pass
        head, _, body = answer.partition(b"\r\n\r\n")
        match = re.match(rb"HTTP/1\.1 (\d{3})", head)
        return (int(match[1]) if match else None), body

    def resident(self):
        """Current and peak memory in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return [int(re.search(rf"{name}:\s+(\d+)", status)[1]) // 1024
                for name in ("VmRSS", "VmHWM")]


def picture(name="two_phase.png"):
    return (IMAGES / name).read_bytes()
