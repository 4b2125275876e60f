"""Checks of clients that share a server: scheduling, limits and their reports."""
import json
import random
import re
import subprocess
import tempfile
import threading
import time
import zlib
from pathlib import Path

import server as own
from bad_input import png
from server import Server

SECONDS = 60


def noise(chance, side):
    """A new picture on each call."""
    rows = b"".join(b"\0" + chance.randbytes(side) for _ in range(side))
    return png(side, side, data=zlib.compress(rows))


class Tenant:
    """A token, with clients that use it without a pause until they are stopped."""

    def __init__(self, name, side, tokens, *limits):
        made = subprocess.run([own.PROGRAM, "token", "add", name, "--token-file", tokens, *limits],
                              check=True, capture_output=True, text=True)
        self.name, self.side = name, side
        self.fields = {"Authorization": "Bearer " + made.stdout.strip()}
        self.answers = []

    def ask(self, server, chance):
        began = time.monotonic()
        status, body = server.ask("POST", "/features?quality=draft&flips=none&output=cls",
                                  noise(chance, self.side), self.fields)
        self.answers.append((status, time.monotonic() - began))
        return status, body

    def keep_asking(self, server, clients, until):
        def client(number):
            chance = random.Random(f"{self.name}{number}")
            while time.monotonic() < until:
                status, body = self.ask(server, chance)
                if status == 429:
                    time.sleep(0.2)

        threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
        for thread in threads:
            thread.start()
        return threads

    def statuses(self):
        return sorted({status for status, _ in self.answers})


def encoding_seconds(server):
    """The counters of each token in the server's metrics."""
    _, text = server.ask("GET", "/metrics")
    found = re.findall(r'eyepiece_token_encoding_seconds_total\{token="(\w+)"\} (\S+)',
                       text.decode())
    return {name: float(value) for name, value in found}


def sharing(weights):
    """Two tokens that send at full rate and one that sends an image occasionally, on one worker."""
    with tempfile.TemporaryDirectory() as folder:
        tokens = str(Path(folder) / "tokens.json")
        many = Tenant("many", 224, tokens)
        large = Tenant("large", 448, tokens)
        greedy = Tenant("greedy", 56, tokens, "--work", "2")
        one = Tenant("one", 224, tokens)
        with Server(weights, "--token-file", tokens, "--workers", "1") as server:
            if server.ask("GET", "/models")[0] != 401:
                return False
            chance = random.Random(1)
            one.ask(server, chance)
            until = time.monotonic() + SECONDS
            threads = [thread for tenant, clients in ((many, 12), (large, 4), (greedy, 6))
                       for thread in tenant.keep_asking(server, clients, until)]
            time.sleep(5)
            before = encoding_seconds(server)
            one.answers.clear()
            while time.monotonic() < until - 5:
                one.ask(server, chance)
                time.sleep(1)
            status, body = server.ask("GET", "/queue", None, many.fields)
            queue = json.loads(body)
            after = encoding_seconds(server)
            for thread in threads:
                thread.join()
    spent = {name: after[name] - before.get(name, 0) for name in ("many", "large")}
    share = spent["many"] / sum(spent.values())
    waits = sorted(seconds for _, seconds in one.answers)
    longest = max(seconds for _, seconds in many.answers)
    print(f"  encoding: many {spent['many']:.1f} s, large {spent['large']:.1f} s, so that many has "
          f"{100 * share:.0f} % of what both have; requests {len(many.answers)} and "
          f"{len(large.answers)}")
    print(f"  one image now and then: {len(waits)} answers, {waits[len(waits) // 2]:.2f} s in the "
          f"middle and {waits[-1]:.2f} s at most; one of many waits {longest:.2f} s at most")
    print(f"  statuses: many {many.statuses()}, large {large.statuses()}, one {one.statuses()}, "
          f"of six clients of a token that may do two things {greedy.statuses()}; "
          f"{queue['waiting']} waited, {len(queue['jobs'])} of them of many")
    return (0.45 <= share <= 0.55 and many.statuses() == large.statuses() == one.statuses() == [200]
            and greedy.statuses() == [200, 429] and waits[-1] < longest
            and 0 < len(queue["jobs"]) < queue["waiting"])
