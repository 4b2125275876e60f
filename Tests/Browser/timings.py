#!/usr/bin/env python3
"""Times the page: pointer lifted to overlay, frames while painting, loading, the first segmentation.

usage: EYEPIECE=.build/release/eyepiece Tests/Browser/timings.py [IMAGE]

Needs chromium, playwright, and the default weights in Weights. IMAGE, of about 1 Mpx, is the sample
that the page draws, at 1024 × 1024, by default.
"""

import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from playwright.sync_api import sync_playwright

from pages import free_port, override, png

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SIZE = {"width": 1280, "height": 800}

# Notes when labels of a version are on the screen as a segmentation.
WATCH = """async () => {
  const { current, on } = await import('/page/state.js');
  window.shown = [];
  on('drawn', (image) => {
    if (image !== current() || !image.result) return;
    const one = { version: image.result.version, kind: image.result.kind,
      features: image.result.features, views: image.result.views ?? '' };
    setTimeout(() => window.shown.push({ ...one, at: performance.now() }));
  });
  addEventListener('pointerup', () => {
    window.lifted = { at: performance.now(), version: current()?.labels.version };
  }, true);
}"""

FRAMES = """() => {
  window.frames = [];
  let last = performance.now();
  window.isWatching = true;
  (function next() {
    requestAnimationFrame((at) => {
      if (!window.isWatching) return;
      window.frames.push(at - last);
      last = at;
      next();
    });
  })();
}"""


def quantile(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, round(part * (len(values) - 1)))]


def state(page, script):
    return page.evaluate("""async () => {
      const { current, settings } = await import('/page/state.js'), image = current();
      return %s;
    }""" % script)


def until(page, condition, seconds=180):
    end = time.monotonic() + seconds
    while not state(page, f"Boolean({condition})"):
        assert time.monotonic() < end, condition
        page.wait_for_timeout(10)


def place_of(page):
    return page.evaluate("""async () => {
      const { view } = await import('/page/view.js');
      const box = document.querySelector('#stage').getBoundingClientRect();
      return [view.zoom, box.left + view.x, box.top + view.y];
    }""")


def stroke(page, places, steps=8, pause=16):
    zoom, left, top = place_of(page)
    on_screen = [(left + x * zoom, top + y * zoom) for x, y in places]
    page.mouse.move(*on_screen[0])
    page.mouse.down()
    for (ax, ay), (bx, by) in zip(on_screen, on_screen[1:]):
        for i in range(1, steps + 1):
            page.mouse.move(ax + (bx - ax) * i / steps, ay + (by - ay) * i / steps)
            page.wait_for_timeout(pause)
    page.mouse.up()


def overlays(page, strokes=30):
    """Milliseconds from the pointer's lifting to an overlay of its labels, and to the result."""
    first, final = [], []
    page.focus("#stage")
    for i in range(strokes):
        page.keyboard.press("123"[i % 3])
        x, y = 60 + 137 * i % 850, 50 + 211 * i % 900
        page.evaluate("() => { window.shown = []; window.lifted = null; }")
        stroke(page, [(x, y), (x + 60, y + 14)])
        if i < 3:
            page.wait_for_timeout(1000)
            continue
        until(page, "window.lifted && window.shown.some((one) =>"
              " one.kind === 'logistic' && one.version >= window.lifted.version)")
        shown, lifted = page.evaluate("[window.shown, window.lifted]")
        after = [one for one in shown if one["version"] >= lifted["version"]]
        first.append(min(max(0, one["at"] - lifted["at"]) for one in after))
        final.append(min(one["at"] - lifted["at"] for one in after if one["kind"] == "logistic"))
        page.wait_for_timeout(250)
    return first, final


def frames(page, strokes=20):
    """The longest gap between frames of each stroke of a 200 px brush."""
    worst = []
    page.evaluate("""async () => {
      const { change } = await import('/page/state.js');
      change({ brush: 200 });
    }""")
    for i in range(strokes):
        page.keyboard.press("12"[i % 2])
        y = 300 + 173 * i % 3500
        page.evaluate(FRAMES)
        page.wait_for_timeout(100)
        page.evaluate("() => { window.frames.length = 0; }")
        stroke(page, [(300, y), (3700, y + 60)], steps=40, pause=8)
        worst.append(max(page.evaluate("() => { window.isWatching = false; return window.frames; }")))
        page.wait_for_timeout(300)
    return worst


def main():
    with tempfile.TemporaryDirectory() as store, sync_playwright() as playwright:
        server = subprocess.Popen(
            [os.environ.get("EYEPIECE", ROOT / ".build/release/eyepiece"), "serve", "--host",
             "127.0.0.1", "--port", str(free_port()), "--weights", str(ROOT / "Weights"),
             "--store", store],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            address = server.stdout.readline().split()[-1] + "/"
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"])
            page = browser.new_page(viewport=SIZE)
            override(page)
            loads = []
            for _ in range(5):
                page.goto(address)
                page.wait_for_selector("body[data-ready]")
                loads.append(page.evaluate("performance.now()"))
            print(f"page usable: {statistics.median(loads):.0f} ms", flush=True)
            page.evaluate(WATCH)
            if len(sys.argv) > 1:
                page.set_input_files("#file", sys.argv[1])
            else:
                page.set_input_files("#file", {
                    "name": "sample.png", "mimeType": "image/png", "buffer": bytes(page.evaluate(
                        "async () => [...await (await import('/page/samples.js')).sample(1024)]"))})
            page.wait_for_selector("#sheet:not([hidden])")
            page.evaluate("""async () => {
              (await import('/page/state.js')).change({ brush: 12 });
            }""")
            page.click("#class-add")
            until(page, "image.field?.state === 'ready'")
            first, final = overlays(page)
            for name, all_ in [("lifted to overlay", first), ("lifted to result", final)]:
                print(f"{name}: p50 {quantile(all_, 0.5):.0f} p95 {quantile(all_, 0.95):.0f} ms", flush=True)
            page.set_input_files("#file", {
                "name": "large.png", "mimeType": "image/png",
                "buffer": png([bytes(i % 251 for i in range(y, y + 4096)) for y in range(4096)])})
            until(page, "image.width === 4096 && image.picture")
            page.evaluate("async () => (await import('/page/state.js')).change({ live: false })")
            # The encoder has no share in what is drawn; on one machine it takes the browser's time.
            page.click("#cancel")
            page.wait_for_timeout(3000)
            worst = frames(page)
            print(f"longest gap between frames of a stroke: p50 {quantile(worst, 0.5):.0f}"
                  f" p95 {quantile(worst, 0.95):.0f} ms", flush=True)
            browser.close()
        finally:
            server.kill()


if __name__ == "__main__":
    main()
