"""Promises about event streams: through nginx, in a browser, and a thousand of them."""
import json
import os
import socket
import tempfile
import threading
import time
from pathlib import Path

import nginx
from answers import make_weights
from keeping import small
from server import Server

MANY = 1000
"""How many jobs a batch has that is watched."""
JOBS = 120

WATCH = """path => {
  window.seen = []; window.ends = 0;
  const source = new EventSource(path);
  source.onopen = () => window.seen.push(['open', Date.now()]);
  source.onerror = () => window.seen.push(['error', Date.now(), source.readyState]);
  source.addEventListener('batch', event => window.seen.push(
    ['batch', Date.now(), Number(event.lastEventId), JSON.parse(event.data).done]));
  source.addEventListener('end', () => { window.ends++; source.close(); });
}"""


def streams(weights):
    """Events through nginx as shipped, a browser that comes again after a kill -9, and 1,000 streams."""
    with tempfile.TemporaryDirectory() as folder:
        make_weights(folder, weights)
        return behind_nginx(folder) & many(folder)


def port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def submit(server, count, first=0):
    """A batch of small pictures whose jobs take some tens of milliseconds each."""
    import hashlib

    names = []
    for number in range(count):
        image = small(first + number)
        names.append("sha256-" + hashlib.sha256(image).hexdigest())
        status, _ = server.ask("PUT", f"/images/{names[-1]}", image)
        assert status in (200, 201), status
    order = {"defaults": {"quality": "hrdv2", "output": "pca"},
             "jobs": [{"image": name} for name in names]}
    status, body = server.ask("POST", "/batches", json.dumps(order))
    assert status == 202, body
    return json.loads(body)["id"]


def behind_nginx(folder):
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print("  there is no playwright (pip install playwright), and no browser to ask")
        return True
    front, behind = port(), port()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place, \
            sync_playwright() as playwright:
        place = Path(place)
        options = ("--workers", "1", "--threads", "1", "--port", str(behind))
        server = Server(folder, *options, store=f"{place}/store")
        with nginx.in_front(place, front, behind) as proxy:
            proxy.wait_for(f"http://127.0.0.1:{front}/livez")
            batch = submit(server, JOBS)
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"])
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{front}/docs")
            page.evaluate(WATCH, f"/batches/{batch}/events")
            wait_for(page, "() => window.seen.some(event => event[3] >= 10)", 60)
            server.process.kill()
            server.process.wait()
            killed = time.time()
            time.sleep(4)
            server = Server(folder, *options, store=f"{place}/store")
            ready = time.time()
            wait_for(page, "() => window.ends > 0", 180)
            seen = page.evaluate("() => window.seen")
            browser.close()
        server.__exit__()
    versions = [event[2] for event in seen if event[0] == "batch"]
    opened = [event[1] / 1000 for event in seen if event[0] == "open"]
    again = [moment for moment in opened if moment > ready]
    errors = [event for event in seen if event[0] == "error"]
    last = [event[3] for event in seen if event[0] == "batch"][-1]
    after = f"{again[0] - ready:.1f} s after it was ready" if again else "never"
    print(f"  a browser's EventSource through nginx as shipped: {len(versions)} events of a batch of "
          f"{JOBS}; the server was killed after {killed - opened[0]:.1f} s and ready again after "
          f"{ready - killed:.1f}; the browser was there again {after}, by itself, {len(errors)} times in "
          f"vain; the last event told {last} done, versions never went back: "
          f"{versions == sorted(versions)}")
    return bool(again) and last == JOBS and versions == sorted(versions)


def wait_for(page, condition, seconds):
    """Asks a page again and again, since its policy lets it evaluate nothing by itself."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not page.evaluate(condition):
        time.sleep(0.1)


def many(folder):
    """So many streams at a time, and what others notice of them."""
    with tempfile.TemporaryDirectory() as place:
        with Server(folder, "--workers", "1", "--threads", "1", "--connections", "3000",
                    "--address-connections", "0", store=f"{place}/store") as server:
            batch = submit(server, 200)
            alone = latency(server)
            before = server.resident()[0]
            clients, got = [], [0]
            for _ in range(MANY):
                client = socket.create_connection(("127.0.0.1", server.port))
                client.sendall(f"GET /batches/{batch}/events HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                clients.append(client)
            reading = threading.Thread(target=drain, args=(clients, got), daemon=True)
            reading.start()
            time.sleep(2)
            beside = latency(server)
            after = server.resident()[0]
            for _ in range(8):
                if "ended" in json.loads(server.ask("GET", f"/batches/{batch}?wait=55")[1]):
                    break
            reading.join(60)
            for client in clients:
                client.close()
    each = (after - before) * 1024 / MANY
    print(f"  {MANY} streams of a batch while it is worked on: {each:.1f} KiB each; {got[0]} of them told "
          f"its end; /livez took {alone[0]:.1f} ms in the median and {alone[1]:.1f} at the 99th of 100 "
          f"without them, {beside[0]:.1f} and {beside[1]:.1f} beside them")
    return got[0] == MANY and each < 64


def drain(clients, got):
    """Reads all streams to their ends, and counts those that told it."""
    import selectors

    chooser = selectors.DefaultSelector()
    tails = {}
    for client in clients:
        client.setblocking(False)
        chooser.register(client, selectors.EVENT_READ)
        tails[client] = b""
    while chooser.get_map():
        for key, _ in chooser.select(30):
            try:
                part = key.fileobj.recv(65536)
            except OSError:
                part = b""
            tails[key.fileobj] = (tails[key.fileobj] + part)[-200:]
            if not part or b"event: end" in tails[key.fileobj]:
                got[0] += b"event: end" in tails[key.fileobj]
                chooser.unregister(key.fileobj)


def latency(server, count=100):
    """Milliseconds of /livez: the median and the 99th of so many."""
    times = []
    for _ in range(count):
        begun = time.monotonic()
        assert server.ask("GET", "/livez")[0] == 200
        times.append((time.monotonic() - begun) * 1000)
        time.sleep(0.02)
    times.sort()
    return times[count // 2], times[count * 99 // 100]
