"""Checks of requests while they are computed."""
import hashlib
import http.client
import os
import re
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from server import IMAGES, PROGRAM, Server, picture

LONG = "/features?quality=hrdv2"
SEVENTEEN = "/features?quality=hrdv2&stride=14&output=pca&format=npy"


def probes(weights):
    """The latency of /livez while every core computes."""
    with Server(weights) as server:
        answers = []
        jobs = [threading.Thread(target=lambda: answers.append(
            server.ask("POST", SEVENTEEN, picture())[0])) for _ in range(2)]
        started = time.monotonic()
        for job in jobs:
            job.start()
        time.sleep(0.5)
        times, busy, failed = [], 0, 0
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        for _ in range(1000):
            busy += not answers
            start = time.monotonic()
            connection.request("GET", "/livez")
            response = connection.getresponse()
            response.read()
            times.append(1000 * (time.monotonic() - start))
            failed += response.status != 200
            time.sleep(0.002)
        connection.close()
        for job in jobs:
            job.join()
        took = time.monotonic() - started
    times.sort()
    print(f"  1,000 requests to /livez, {busy} of them while both jobs ran ({took:.1f} s): "
          f"p50 {times[499]:.2f} ms, p99 {times[989]:.2f} ms, max {times[-1]:.2f} ms; "
          f"{failed} failed; jobs {answers}")
    return failed == 0 and answers == [200, 200] and times[989] < 1000


def leaving(weights):
    """The work done for a client that has disconnected."""
    with Server(weights) as server:
        body = picture()
        client = socket.create_connection(("127.0.0.1", server.port))
        client.sendall(f"POST {LONG} HTTP/1.1\r\nHost: x\r\n"
                       f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
        time.sleep(4)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        gone = time.monotonic()
        line = None
        while line is None and time.monotonic() - gone < 60:
            line = next((x for x in server.lines if "given up" in x), None)
            time.sleep(0.01)
        took = time.monotonic() - gone
        print(f"  the log {took:.2f} s after the client went: {(line or 'nothing').strip()}")
        late = re.search(r"late=(\d+)", line or "")
        return late is not None and int(late[1]) <= os.cpu_count()


def equality(weights):
    """Whether the same request gives the same bytes wherever and however it is computed."""
    options = {"quality": "draft", "shifts": "1", "flips": "none", "dtype": "float16"}
    query = "/features?" + "&".join(f"{k}={v}" for k, v in options.items())
    image = IMAGES / "two_phase.png"
    digests = {}
    for threads in ("1", "2"):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(
                [PROGRAM, "run", image, "-o", folder, "--weights", weights, "--threads", threads]
                + [word for k, v in options.items() for word in (f"--{k}", v)],
                check=True, capture_output=True)
            data = (Path(folder) / "two_phase.npy").read_bytes()
        digests[f"command line, {threads} threads"] = hashlib.sha256(data).hexdigest()
        with Server(weights, "--threads", threads) as server:
            status, data = server.ask("POST", query, picture())
            digests[f"server, {threads} threads, alone"] = hashlib.sha256(data).hexdigest()
            other = threading.Thread(
                target=lambda: server.ask("POST", SEVENTEEN, picture("two_phase.png")))
            other.start()
            time.sleep(0.5)
            status, data = server.ask("POST", query, picture())
            digests[f"server, {threads} threads, beside another"] = hashlib.sha256(
                data).hexdigest()
            other.join()
    for name, digest in digests.items():
        print(f"  {digest}  {name}")
    return len(set(digests.values())) == 1 and status == 200


def ending(weights):
    """Whether an answer in progress at SIGTERM still arrives."""
    with Server(weights) as server:
        answers = []
        job = threading.Thread(target=lambda: answers.append(server.ask(
            "POST", "/features?quality=draft&shifts=1&flips=none&dtype=float16", picture())))
        job.start()
        time.sleep(1)
        server.process.send_signal(signal.SIGTERM)
        asked = time.monotonic()
        job.join()
        answered = time.monotonic() - asked
        code = server.process.wait(60)
        ended = time.monotonic() - asked
    status, data = answers[0] if answers else (None, b"")
    print(f"  SIGTERM: the answer came {answered:.2f} s later, {status} with {len(data)} bytes; "
          f"the server ended after {ended:.2f} s with status {code}")
    return status == 200 and code == 0 and answered > 0.05
