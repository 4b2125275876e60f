"""Checks of slow clients, many clients, or both."""
import http.client
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from server import Server

# Seconds; a few thousand clients need some of them to connect.
TIMER = 15


class Probe:
    """Requests /livez repeatedly, and records the milliseconds of each answer."""

    def __init__(self, port):
        self.port, self.times, self.failed, self.stopped = port, [], 0, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        connection = None
        while not self.stopped.is_set():
            start = time.monotonic()
            try:
                connection = connection or http.client.HTTPConnection(
                    "127.0.0.1", self.port, timeout=30)
                connection.request("GET", "/livez")
                self.failed += connection.getresponse().read() != b"ok\n"
            except (OSError, http.client.HTTPException):
                self.failed += 1
                connection = None
            self.times.append(1000 * (time.monotonic() - start))
            time.sleep(0.005)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()

    def quantile(self, share):
        return sorted(self.times)[int(share * (len(self.times) - 1))]

    def told(self):
        return (f"{len(self.times)} asked, p50 {self.quantile(0.5):.1f} ms, "
                f"p99 {self.quantile(0.99):.1f} ms, {self.failed} failed")


def kibibytes(server):
    status = open(f"/proc/{server.process.pid}/status").read()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def idle(server, connections):
    """The memory of idle connections, in KiB each."""
    server.ask("GET", "/livez")
    before = kibibytes(server)
    clients = []
    for _ in range(connections):
        clients.append(socket.create_connection(("127.0.0.1", server.port)))
    # Some of them after a request, which is the other kind of idle connection.
    for client in clients[::2]:
        client.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        client.recv(4096)
    each = (kibibytes(server) - before) / connections
    for client in clients:
        client.close()
    return each


def crowd_of(server, mode, connections):
    """Runs slow clients until all are disconnected; returns their cost, and the delay of others."""
    before, empty = kibibytes(server), descriptors(server)
    heaviest = before
    clients = subprocess.Popen(
        [sys.executable, Path(__file__).parent / "slow_clients.py", mode, str(connections),
         str(server.port)], stdout=subprocess.PIPE, text=True)
    with Probe(server.port) as probe:
        clients.stdout.readline()
        came = time.monotonic()
        most = descriptors(server) - empty
        while descriptors(server) > empty + 20 and time.monotonic() - came < 60:
            heaviest = max(heaviest, kibibytes(server))
            time.sleep(0.1)
        took = time.monotonic() - came
    clients.terminate()
    clients.wait()
    return most, (heaviest - before) / connections, took, probe


def witnessed(server, flag, path, connections, seconds):
    """The same with slowhttptest, whose connections start one by one."""
    tool = shutil.which("slowhttptest")
    if tool is None:
        return None
    url = f"http://127.0.0.1:{server.port}{path}"
    with Probe(server.port) as probe:
        done = subprocess.run(
            [tool, flag, "-c", str(connections), "-r", "5000", "-i", "3", "-l", str(seconds),
             "-u", url, "-s", "1000000", "-x", "20", "-w", "1", "-y", "64", "-z", "16", "-n", "3",
             "-p", "5"], capture_output=True, text=True)
    return probe, "NO" not in re.findall(r"service available:\W*(?:\x1b\[\w+)?(\w+)", done.stdout)


def slow(weights, connections=5000):
    """Whether thousands of slow clients are disconnected in time, without harm to others."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    timer = str(TIMER)
    options = ("--connections", str(connections + 200), "--address-connections", "0",
               "--head-timeout", timer, "--body-timeout", timer, "--write-timeout", timer,
               "--body-grace", timer, "--idle-timeout", timer, "--linger-idle-timeout", "0.5",
               "--log-level", "error")
    modes = {"headers": ("-H", "/livez"), "bodies": ("-B", "/features"),
             "reading": ("-X", "/openapi.yaml")}
    with Server(weights, *options) as server:
        each = idle(server, connections)
        print(f"  {connections} idle connections: {each:.1f} KiB each")
        is_kept = each < 20
        time.sleep(2)
        for mode, (flag, path) in modes.items():
            most, each, took, probe = crowd_of(server, mode, connections)
            print(f"  slow {mode}: {most} connections at once, {each:.1f} KiB each; the last was "
                  f"cut {took:.1f} s after the last came; others' /livez: {probe.told()}")
            is_kept &= most > connections * 0.9 and each < 20 and took < TIMER + 1.5
            is_kept &= probe.failed == 0 and probe.quantile(0.99) < 50
            if witness := witnessed(server, flag, path, connections, 2 * TIMER):
                probe, is_available = witness
                print(f"    by slowhttptest: available: {is_available}; {probe.told()}")
                is_kept &= is_available and probe.failed == 0
            time.sleep(1)
    return is_kept
