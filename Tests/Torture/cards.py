"""Promises about a card: the built server with a made-up driver's library in place of a card's."""
import array
import http.client
import json
import os
import random
import re
import signal
import socket
import statistics
import struct
import tempfile
import threading
import time
from pathlib import Path

from answers import write_model
from containers import npy
from questions import drawn, numbers
from server import ROOT, Server

LIBRARY = ROOT / ".build/release/libMockDriver.so"
TOKENS = "output=cls&format=npy&quality=draft&precision=bfloat16"


def make_model(folder, depth):
    """A random model that cards have: two heads of 64 values, patches of 14 pixels."""
    dim, hidden = 128, 256
    shapes = {"cls_token": [1, 1, dim], "pos_embed": [1, 65, dim],
              "patch_embed.proj.weight": [dim, 3, 14, 14], "patch_embed.proj.bias": [dim],
              "norm.weight": [dim], "norm.bias": [dim]}
    for index in range(depth):
        shapes |= {f"blocks.{index}.{name}": shape for name, shape in {
            "norm1.weight": [dim], "norm1.bias": [dim],
            "attn.qkv.weight": [3 * dim, dim], "attn.qkv.bias": [3 * dim],
            "attn.proj.weight": [dim, dim], "attn.proj.bias": [dim], "ls1.gamma": [dim],
            "norm2.weight": [dim], "norm2.bias": [dim], "mlp.fc1.weight": [hidden, dim],
            "mlp.fc1.bias": [hidden], "mlp.fc2.weight": [dim, hidden], "mlp.fc2.bias": [dim],
            "ls2.gamma": [dim]}.items()}
    head, values = {}, b""
    for seed, (name, shape) in enumerate(shapes.items()):
        count = 1
        for side in shape:
            count *= side
        is_scale = name.endswith("gamma") or "norm" in name and name.endswith("weight")
        spread = 0.2 if is_scale or len(shape) == 1 else 2 / (count / shape[0]) ** 0.5
        part = numbers(count, seed, is_scale - spread, is_scale + spread)
        head[name] = {"dtype": "F32", "shape": shape,
                      "data_offsets": [len(values), len(values) + len(part)]}
        values += part
    write_model(Path(folder), "tiny_card", {
        "title": "", "source": "random", "licence": "none", "mean": [0, 0, 0], "std": [1, 1, 1],
        "dim": dim, "depth": depth, "heads": 2, "hidden": hidden, "registers": 0,
        "feedForward": "mlp", "epsilon": 1e-6, "family": "dinov2", "patch": 14,
        "positionGrid": 8, "positions": "antialias"}, head, values)


class CardServer(Server):
    """A server with made-up cards; `words` are MOCK_DRIVER's, `plan` the file of its faults."""

    def __init__(self, folder, words="kernels=timed", *options, store="none"):
        self.plan = Path(folder) / "plan"
        self.plan.unlink(missing_ok=True)
        os.environ["MOCK_DRIVER"] = f"{words} plan={self.plan}"
        super().__init__(folder, "--model", "tiny_card", "--memory-bytes", "0", "--gpu", "auto",
                         "--cuda-library", str(LIBRARY), *options, store=store)

    def workers(self):
        return children(self.process.pid)

    def metric(self, name):
        text = self.ask("GET", "/metrics")[1].decode()
        return sum(float(x) for x in re.findall(rf"^{name}\{{.*\}} (\S+)$", text, re.M))

    def held(self):
        """Open files, threads, and mappings of memory that is shared with a card's process."""
        proc = Path(f"/proc/{self.process.pid}")
        files = [os.readlink(x) for x in list((proc / "fd").iterdir()) if x.is_symlink()]
        maps = (proc / "maps").read_text()
        return (len(files), sum("memfd:eyepiece" in x for x in files),
                maps.count("memfd:eyepiece"), len(list((proc / "task").iterdir())))


def children(parent):
    """The processes of cards below a process, or all of the made-up driver's for None."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes()
            after = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        if (b"gpu-worker" in words and str(LIBRARY).encode() in words and after[0] != "Z"
                and parent in (None, int(after[1]))):
            found.append(int(entry.name))
    return found


def gone(seconds, processes):
    """Seconds until some processes are gone; None if they are not."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        if not any(x in children(None) for x in processes):
            return time.monotonic() - begun
        time.sleep(0.01)
    return None


def wait_for(condition, seconds=30):
    """Seconds until a condition holds; None if it does not."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        if condition():
            return time.monotonic() - begun
        time.sleep(0.002)
    return None


def later(server, target, body):
    """Asks in a thread; the list has the answer and when it came."""
    answers = []

    def ask():
        try:
            answers.append((server.ask("POST", target, body), time.monotonic()))
        except (OSError, http.client.HTTPException):
            answers.append(((None, b""), time.monotonic()))

    thread = threading.Thread(target=ask)
    thread.start()
    return thread, answers


def floats(data):
    found = array.array("f")
    found.frombytes(npy(data)[2])
    return found


def values(folder):
    """A card's vectors are the CPU's, and have names of their own."""
    make_model(folder, 2)
    body, fine = drawn(112, 112, 1), True
    target = "/features?output=features&format=npy&quality=draft&precision="
    with Server(folder, "--model", "tiny_card") as cpu:
        wanted = floats(cpu.ask("POST", target + "float32", body)[1])
    largest = max(map(abs, wanted))
    with CardServer(folder, "kernels=emulated", "--gpu-silence", "600") as server:
        for precision, limit in (("bfloat16", 2e-3), ("float32", 1e-5)):
            status, data = server.ask("POST", target + precision, body)
            found = floats(data) if status == 200 else []
            difference = max((abs(a - b) for a, b in zip(found, wanted)), default=9) / largest
            fine &= status == 200 and len(found) == len(wanted) and difference <= limit
            print(f"  values, {precision}: {status}, {difference:.1e} of the largest, "
                  f"{limit:.0e} is allowed")
        fine &= server.metric("eyepiece_gpu_jobs_total") == 2
    return fine


def kills(folder, count, chance):
    """What is answered when a card's process and the server are killed, and what is left behind."""
    make_model(folder, 24)
    body, statuses, restarts, left, alone = drawn(518, 518, 2), {}, [], [], []
    target = f"/features?{TOKENS}&stride=4&scale=0,"
    for _ in range(count):
        server = CardServer(folder)
        server.ask("POST", f"{target}255", body)
        begun = time.monotonic()
        server.ask("POST", f"{target}254", body)
        alone.append(time.monotonic() - begun)
        before = server.held()
        thread, answers = later(server, f"{target}253", body)
        time.sleep(alone[-1] * chance.uniform(0.2, 0.9))
        for worker in server.workers():
            os.kill(worker, signal.SIGKILL)
        killed = time.monotonic()
        thread.join()
        (status, data), came = answers[0]
        if server.metric("eyepiece_gpu_deaths_total") == 1:
            statuses[status] = statuses.get(status, 0) + 1
            restarts.append(came - killed)
            wait_for(lambda: server.held()[:3] <= before[:3], 5)
            after = server.held()
            if after[1:3] != before[1:3] or after[0] > before[0] + 2:
                left.append((before, after))
        # In the middle of another job.
        thread, answers = later(server, f"{target}252", body)
        time.sleep(alone[-1] * chance.random())
        workers = server.workers()
        server.process.kill()
        server.process.wait()
        thread.join()
        if gone(5, workers) is None:
            left.append(workers)
    median = statistics.median
    print(f"  kills: {len(restarts)} of {count} times a card's process was killed while it worked: answers "
          f"{statuses}, {median(restarts):.2f} s after the kill ({max(restarts):.2f} at most), of a job that "
          f"takes {median(alone):.2f} s; the server was killed {count} times; left: {left or 'nothing'}")
    return set(statuses) == {200} and not left


def hangs(folder):
    """How soon processes that hang in the driver are gone when their server is killed."""
    fine = True
    make_model(folder, 2)
    body = drawn(112, 112, 3)
    for name, plan, end in (("works are waited for", "hang=60", signal.SIGKILL),
                            ("a call is made", "stop=60", signal.SIGKILL),
                            ("a call is made", "stop=60", signal.SIGTERM)):
        server = CardServer(folder, "kernels=timed", "--gpu-silence", "600", "--drain-timeout", "1")
        server.plan.write_text(plan)
        thread, answers = later(server, f"/features?{TOKENS}", body)
        wait_for(server.workers)
        time.sleep(1)
        workers = server.workers()
        server.process.send_signal(end)
        server.process.wait()
        seconds = gone(8, workers)
        fine &= bool(workers) and seconds is not None
        thread.join()
        print(f"  hangs while {name}, the server is sent {end.name}: "
              + (f"gone after {seconds:.2f} s" if seconds is not None else f"{workers} are left"))
    return fine


def cancels(folder, count, chance):
    """How soon a card has nothing more to do for a client that has gone, and for a job taken back."""
    make_model(folder, 24)
    body = drawn(1022, 1022, 4)
    target = f"/features?{TOKENS}&stride=4"
    fine = True
    with tempfile.TemporaryDirectory() as store, CardServer(folder, store=store) as server:
        begun = time.monotonic()
        server.ask("POST", f"{target}&scale=0,255", body)
        alone = time.monotonic() - begun
        busy = server.metric("eyepiece_gpu_busy_seconds_total")

        def leave(number):
            client = socket.create_connection(("127.0.0.1", server.port))
            client.sendall(f"POST {target}&scale=0,{number} HTTP/1.1\r\nHost: x\r\n"
                           f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            yield
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()

        def take_back(number):
            status, data = server.ask("POST", f"{target}&scale=0,{number}", body,
                                      {"Prefer": "respond-async"})
            yield
            server.ask("DELETE", f"/jobs/{json.loads(data)['id']}")

        for name, way in (("the client goes", leave), ("DELETE of the job", take_back)):
            times = []
            for number in range(count):
                before = server.metric("eyepiece_gpu_cancelled_total")
                steps = way(number + 1 + (100 if way is take_back else 0))
                next(steps)
                time.sleep(alone - busy + busy * chance.uniform(0.2, 0.6))
                gone_at = time.monotonic()
                next(steps, None)
                wait_for(lambda: server.metric("eyepiece_gpu_cancelled_total") > before, 10)
                if server.metric("eyepiece_gpu_cancelled_total") > before:
                    times.append(1000 * (time.monotonic() - gone_at))
            late = sorted(times)
            fine &= len(times) >= count // 2 and late[len(late) // 2] <= 50
            print(f"  cancels, {name}: {len(times)} of {count} in the middle of a job of {busy:.2f} s of the "
                  f"card: {late[len(late) // 2]:.0f} ms, {late[-1]:.0f} at most")
        fine &= server.metric("eyepiece_gpu_deaths_total") == 0
    return fine


def giving_up(folder):
    """What clients are told by a card that dies again and again, and what the CPU then answers."""
    make_model(folder, 2)
    body, seen = drawn(112, 112, 5), []
    with Server(folder, "--model", "tiny_card") as cpu:
        wanted = named(cpu, f"/features?{TOKENS}", body)
    with CardServer(folder) as server:
        server.plan.write_text("fail=60:700")
        for _ in range(3):
            seen.append(named(server, f"/features?{TOKENS}", body))
        up = server.metric("eyepiece_gpu_up")
        deaths = server.metric("eyepiece_gpu_deaths_total")
        ready = server.ask("GET", "/readyz")[0]
        said = sum("A card has been given up" in line for line in server.lines)
    retry = [fields["Retry-After"] for _, fields, _ in seen]
    print(f"  giving up: statuses {[status for status, _, _ in seen]}, Retry-After {retry}, {deaths:.0f} deaths, "
          f"up {up:.0f}, /readyz {ready}; the last answer is "
          f"{'the CPU' if seen[2][2] == wanted[2] else 'not the CPU'}'s")
    return ([status for status, _, _ in seen] == [503, 503, 200] and retry[:2] == ["5", "5"]
            and seen[2][2] == wanted[2] and seen[2][1]["ETag"] == wanted[1]["ETag"]
            and (up, deaths, ready, said) == (0, 3, 200, 1))


def named(server, target, body):
    """The status, some headers and the body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("POST", target, body)
    response = connection.getresponse()
    data = response.read()
    connection.close()
    return (response.status,
            {name: response.getheader(name) for name in ("ETag", "Retry-After")}, data)


def leaving_alone(folder, count):
    """What a server holds after its card's process has left it for want of work, again and again."""
    make_model(folder, 2)
    body, held, memory = drawn(112, 112, 6), [], []
    with CardServer(folder, "kernels=timed", "--gpu-idle", "1") as server:
        for number in range(count):
            status = server.ask("POST", f"/features?{TOKENS}&scale=0,{number + 1}", body)[0]
            use = server.metric("eyepiece_gpu_memory_bytes")
            idle = wait_for(lambda: not server.workers(), 10)
            wait_for(lambda: server.metric("eyepiece_gpu_memory_bytes") == 0, 5)
            memory.append((use > 0, server.metric("eyepiece_gpu_memory_bytes")))
            # Once the sockets of the requests to this are closed as well.
            wait_for(lambda: held and server.held()[0] <= held[0][0], 1)
            held.append(server.held())
            if status != 200 or idle is None:
                return False
        deaths = server.metric("eyepiece_gpu_deaths_total")
        starts = server.metric("eyepiece_gpu_starts_total")
    print(f"  leaving: {starts:.0f} starts, {deaths:.0f} deaths; open files, shared memory, its mappings and "
          f"threads after the first {held[0]}, after the last {held[-1]}; memory told {memory[-1]}")
    return (deaths == 0 and starts == count and held[-1][:3] <= held[0][:3]
            and all(x == (True, 0) for x in memory))


def cards(count=50, seed=1):
    """The whole way to a card and back, without one: values, kills, hangs, cancellations, giving up."""
    chance, before = random.Random(seed), set(children(None))
    with tempfile.TemporaryDirectory() as folder:
        kept = [values(folder), hangs(folder), cancels(folder, max(count // 5, 5), chance),
                giving_up(folder), leaving_alone(folder, max(count // 5, 3)),
                kills(folder, count, chance)]
    left = set(children(None)) - before
    print(f"  processes that are left: {sorted(left) or 'none'}")
    return all(kept) and not left
