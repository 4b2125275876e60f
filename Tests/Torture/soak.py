"""Checks over hours of good, bad, slow and disconnecting clients at once."""
import hashlib
import http.client
import itertools
import random
import socket
import statistics
import struct
import tempfile
import threading
import time
from pathlib import Path

import wire
from server import Server
from sharing import Tenant, encoding_seconds, noise
from slow import Probe, descriptors, kibibytes

QUESTION = "/features?quality=draft&flips=none&output=cls"
SIDE = 224
# Each token's own, and more than its quota allows: no two requests are equal and so merged.
IMAGES = 24
SLOW = 100
# The demand of each of three tokens with equal shares, as parts of the server's capacity.
DEMANDS = {"ada": 0.6, "bob": 0.65, "eve": 0.75}


class Clients:
    """Tokens that send whether or not they are answered, and know the expected answers."""

    def __init__(self, server, tenants):
        chance = random.Random(7)
        self.server = server
        self.bodies = {tenant: [noise(chance, SIDE) for _ in range(IMAGES)] for tenant in tenants}
        self.digests = {body: hashlib.sha256(self.ask(tenant, body)[1]).digest()
                        for tenant, bodies in self.bodies.items() for body in bodies}
        self.turns = {tenant: itertools.cycle(bodies) for tenant, bodies in self.bodies.items()}
        self.good, self.wrong, self.statuses = 0, 0, {}
        self.lock = threading.Lock()

    def ask(self, tenant, body):
        return self.server.ask("POST", QUESTION, body, tenant.fields)

    def ask_once(self, tenant):
        with self.lock:
            body = next(self.turns[tenant])
        try:
            status, answer = self.ask(tenant, body)
        except (OSError, http.client.HTTPException) as error:
            status, answer = type(error).__name__, b""
        with self.lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1
            if status == 200:
                self.good += 1
                self.wrong += hashlib.sha256(answer).digest() != self.digests[body]
        return status

    def keep_on(self, tenant, until, clients):
        """Sends the next request after each answer: as many as the server can serve."""
        def client(_):
            while time.monotonic() < until:
                self.ask_once(tenant)

        return started(clients, client)

    def demand(self, tenant, rate, until):
        """Sends requests at a fixed rate, regardless of unanswered ones."""
        def client(_):
            chance = random.Random(tenant.name)
            under_way = []
            while time.monotonic() < until:
                time.sleep(chance.expovariate(rate))
                under_way = [thread for thread in under_way if thread.is_alive()]
                under_way += started(1, lambda _: self.ask_once(tenant))
            for thread in under_way:
                thread.join()

        return started(1, client)


def started(count, work):
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    return threads


def misbehave(server, passerby, until):
    """Bad requests of every kind, disconnecting clients, and slow ones that reconnect."""
    cases = list(wire.cases())
    counts = {"bad": 0, "vanishing": 0, "slow": 0}

    def bad(_):
        chance = random.Random(1)
        while time.monotonic() < until:
            wire.ask(server.port, chance.choice(cases))
            counts["bad"] += 1
            time.sleep(0.1)

    def vanishing(_):
        chance = random.Random(2)
        body = noise(chance, SIDE)
        while time.monotonic() < until:
            head = (f"POST {QUESTION} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n"
                    f"Authorization: {passerby.fields['Authorization']}\r\n\r\n")
            with socket.create_connection(("127.0.0.1", server.port)) as client:
                client.sendall((head.encode() + body)[:chance.randrange(2 * len(body))])
                time.sleep(chance.uniform(0, 0.05))
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            counts["vanishing"] += 1
            time.sleep(0.5)

    def slow(number):
        beginning = b"POST /features HTTP/1.1\r\nHost: a\r\nX: " if number % 2 else b""
        while time.monotonic() < until:
            with socket.create_connection(("127.0.0.1", server.port), 30) as client:
                counts["slow"] += 1
                try:
                    client.sendall(beginning)
                    while time.monotonic() < until:
                        client.settimeout(min(2, max(0.01, until - time.monotonic())))
                        try:
                            if not client.recv(4096):
                                break
                        except TimeoutError:
                            client.sendall(b"x")
                except OSError:
                    pass

    return started(1, bad) + started(1, vanishing) + started(SLOW, slow), counts


def watch(server, until):
    """Memory in MiB and descriptors, every few seconds."""
    samples = []
    while time.monotonic() < until:
        samples.append((kibibytes(server) / 1024, descriptors(server)))
        time.sleep(max(0.1, min(5, until - time.monotonic())))
    return samples


def soak(weights, seconds=120):
    """Twice the server's capacity, for --seconds, beside malicious clients."""
    with tempfile.TemporaryDirectory() as folder:
        tokens = str(Path(folder) / "tokens.json")
        tenants = [Tenant(name, SIDE, tokens) for name in DEMANDS]
        passerby = Tenant("passerby", SIDE, tokens)
        # Nothing is stored: every good answer is computed.
        with Server(weights, "--token-file", tokens, "--memory-bytes", "0", "--log-level", "error",
                    "--address-connections", "0", "--head-timeout", "10") as server:
            clients = Clients(server, tenants)
            began = time.monotonic()
            length = min(60, seconds / 4)
            for thread in [thread for tenant in tenants
                           for thread in clients.keep_on(tenant, began + length, 2)]:
                thread.join()
            peak = clients.good / (time.monotonic() - began)
            print(f"  peak: {peak:.1f} good answers a second", flush=True)
            clients.good, clients.statuses = 0, {}
            began = time.monotonic()
            until = began + seconds
            crowd, counts = misbehave(server, passerby, until)
            for tenant in tenants:
                crowd += clients.demand(tenant, peak * DEMANDS[tenant.name], until)
            with Probe(server.port) as probe:
                # Until queues have built up, a token that requests less gets less.
                samples = watch(server, began + min(30, seconds / 4))
                before = encoding_seconds(server)
                samples += watch(server, until)
                after = encoding_seconds(server)
                good = clients.good / (time.monotonic() - began)
            for thread in crowd:
                thread.join()
            time.sleep(1)
            rest = descriptors(server)
    spent = [after[tenant.name] - before.get(tenant.name, 0) for tenant in tenants]
    shares = [3 * each / sum(spent) for each in spent]
    third = len(samples) // 3
    memory, files = ([statistics.median(sample[index] for sample in part)
                      for part in (samples[third:2 * third], samples[2 * third:])]
                     for index in (0, 1))
    print(f"  {seconds} s: {good:.1f} good answers a second ({100 * good / peak:.0f} % of the "
          f"peak), {clients.wrong} wrong; answers {clients.statuses}; beside "
          + ", ".join(f"{count} {name}" for name, count in counts.items()))
    print("  encoding seconds in parts of an equal share: "
          + ", ".join(f"{name} {share:.2f}" for name, share in zip(DEMANDS, shares)))
    print(f"  memory {memory[0]:.0f} MiB in the second third, {memory[1]:.0f} in the last; "
          f"descriptors {files[0]:.0f} and {files[1]:.0f}, {rest} when all had gone; "
          f"/livez: {probe.told()}")
    return (clients.wrong == 0 and good >= 0.9 * peak and probe.failed == 0
            and set(clients.statuses) <= {200, 429, 503}
            and all(0.9 <= share <= 1.1 for share in shares)
            and memory[1] <= 1.05 * memory[0] + 4 and files[1] <= 1.1 * files[0])
