"""Promises about clients that are slow, many, or both."""
import http.client
import re
import resource
import shutil
import socket
import subprocess
import threading
import time

from server import Server

TIMER = 10
# Connections that slowhttptest opens in a second.
RATE = 1000


class Probe:
    """Asks for /livez again and again, and keeps the milliseconds of each answer."""

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


def kibibytes(server):
    status = open(f"/proc/{server.process.pid}/status").read()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])


def open_connections(port):
    """How many connections of a port the kernel knows as established."""
    ending = f":{port:04X}"
    with open("/proc/net/tcp") as lines:
        return sum(line.split()[1].endswith(ending) and line.split()[3] == "01"
                   for line in lines if "sl" not in line)


def idle(server, connections):
    """Memory of connections that say nothing, in KiB each."""
    server.ask("GET", "/livez")
    before = kibibytes(server)
    clients = []
    for _ in range(connections):
        clients.append(socket.create_connection(("127.0.0.1", server.port)))
    # Some of them after a request: the other way to be idle.
    for client in clients[::2]:
        client.sendall(b"GET /livez HTTP/1.1\r\nHost: a\r\n\r\n")
        client.recv(4096)
    each = (kibibytes(server) - before) / connections
    for client in clients:
        client.close()
    return each


def slow(weights, connections=5000):
    """Whether thousands of slow clients are cut in time and hurt nobody."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    tool = shutil.which("slowhttptest")
    if tool is None:
        print("  there is no slowhttptest: apt-get install slowhttptest")
        return False
    timer = str(TIMER)
    options = ("--connections", str(connections + 100), "--address-connections", "0",
               "--head-timeout", timer, "--body-timeout", timer, "--write-timeout", timer,
               "--body-grace", timer, "--idle-timeout", timer, "--linger-idle-timeout", "1",
               "--log-level", "error")
    is_kept = True
    with Server(weights, *options) as server:
        each = idle(server, connections)
        print(f"  {connections} idle connections: {each:.1f} KiB each")
        is_kept &= each < 20
        time.sleep(2)
        modes = {"headers": ("-H", "/livez"), "bodies": ("-B", "/features"),
                 "reading": ("-X", "/openapi.yaml")}
        for name, (flag, path) in modes.items():
            before = kibibytes(server)
            url = f"http://127.0.0.1:{server.port}{path}"
            started = time.monotonic()
            process = subprocess.Popen(
                [tool, flag, "-c", str(connections), "-r", str(RATE), "-i", "3", "-l", "90",
                 "-u", url, "-s", "1000000", "-x", "20", "-w", "1", "-y", "64", "-z", "16",
                 "-n", "3", "-p", "30"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            drain = threading.Thread(target=process.stdout.read)
            drain.start()
            most, heaviest, last = 0, before, started
            with Probe(server.port) as probe:
                while process.poll() is None and time.monotonic() - started < 90:
                    count = open_connections(server.port)
                    if count > most:
                        most, last = count, time.monotonic()
                    heaviest = max(heaviest, kibibytes(server))
                    if most > connections // 2 and count < 10:
                        break
                    time.sleep(0.25)
                took = time.monotonic() - last
            process.terminate()
            process.wait()
            drain.join()
            p99 = probe.quantile(0.99)
            each = (heaviest - before) / max(1, most)
            print(f"  slow {name}: {most} connections at once, {each:.1f} KiB each; all cut "
                  f"{took:.1f} s after the last came; others' /livez: "
                  f"{len(probe.times)} asked, p50 {probe.quantile(0.5):.1f} ms, p99 {p99:.1f} ms, "
                  f"{probe.failed} failed")
            is_kept &= most > connections // 2 and took < TIMER + 1.5 and not probe.failed
            is_kept &= p99 < 50 and each < 20
            time.sleep(2)
    return is_kept
