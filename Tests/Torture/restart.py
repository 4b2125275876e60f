"""Checks that a restart refuses no request."""
import http.client
import os
import re
import signal
import socket
import subprocess
import threading
import time

from server import PROGRAM, picture


class Supervisor:
    """Holds the listening socket, as systemd does, and starts servers on it."""

    def __init__(self, weights):
        self.weights = weights
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.socket.getsockname()[1]
        self.notes = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notes.bind("\0eyepiece-torture-%d" % os.getpid())
        self.notes.settimeout(60)

    def start(self):
        """Starts a server; returns when it has reported that it is ready."""
        environment = {
            **os.environ, "LISTEN_FDS": "1", "WATCHDOG_USEC": "2000000",
            "NOTIFY_SOCKET": "@eyepiece-torture-%d" % os.getpid()}
        # The shell becomes the server, so that its process id is the server's.
        process = subprocess.Popen(
            ["sh", "-c", 'export LISTEN_PID=$$; exec "$@" 3<&0 </dev/null', "sh", PROGRAM, "serve",
             "--weights", self.weights, "--store", "none", "--address-connections", "0"],
            stdin=self.socket.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=environment)
        self.hear("READY=1")
        return process

    def hear(self, wanted):
        while True:
            note = self.notes.recv(4096).decode()
            if wanted in note:
                return note


class Load:
    """Clients that send requests until they are stopped, each on new connections or kept
    ones."""

    def __init__(self, port):
        self.port, self.stopped = port, threading.Event()
        self.answered, self.failed, self.retried, self.slowest = 0, [], 0, 0.0
        self.lock = threading.Lock()
        body = picture("grey8.png")
        jobs = ([lambda: self.once("GET", "/livez")] * 8 + [self.keep] * 4
                + [lambda: self.once("POST", "/features?quality=draft&output=cls", body)] * 2)
        self.threads = [threading.Thread(target=self.repeat, args=(job,)) for job in jobs]

    def repeat(self, job):
        while not self.stopped.is_set():
            start = time.monotonic()
            try:
                job()
            except (OSError, http.client.HTTPException) as error:
                with self.lock:
                    self.failed.append(repr(error))
            with self.lock:
                self.answered += 1
                self.slowest = max(self.slowest, time.monotonic() - start)

    def once(self, method, target, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, target, body, {"Connection": "close"})
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                raise OSError(f"{target}: {response.status}")
        finally:
            connection.close()

    def keep(self):
        """A kept connection may be closed between two requests: then the request is sent again."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            for _ in range(50):
                try:
                    connection.request("GET", "/livez")
                    response = connection.getresponse()
                except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                    with self.lock:
                        self.retried += 1
                    return
                response.read()
                if response.status != 200:
                    raise OSError(f"{response.status}")
                time.sleep(0.01)
        finally:
            connection.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for thread in self.threads:
            thread.join()


def restart(weights):
    """Whether a restart under load fails no request and refuses no connection."""
    supervisor = Supervisor(weights)
    process = supervisor.start()
    supervisor.hear("WATCHDOG=1")
    with Load(supervisor.port) as load:
        for _ in range(3):
            time.sleep(2)
            process.send_signal(signal.SIGTERM)
            supervisor.hear("STOPPING=1")
            code = process.wait(60)
            process = supervisor.start()
            if code != 0:
                load.failed.append(f"ended with {code}")
        time.sleep(2)
        process.send_signal(signal.SIGHUP)
        reloading = supervisor.hear("RELOADING=1")
        supervisor.hear("READY=1")
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    is_told = re.search(r"MONOTONIC_USEC=\d+", reloading) is not None
    print(f"  3 restarts and a reload: {load.answered} requests, {len(load.failed)} failed, "
          f"{load.retried} sent again on a kept connection that had closed; the slowest took "
          f"{load.slowest:.1f} s")
    for failure in sorted(set(load.failed))[:10]:
        print(f"  FAILED {failure}")
    return not load.failed and is_told
