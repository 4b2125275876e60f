#!/usr/bin/env python3
"""Makes the pictures of docs/page.md: the page with its own sample picture.

usage: EYEPIECE=.build/release/eyepiece Tests/Browser/pictures.py [FOLDER]

Needs chromium, playwright and Pillow, and the default weights in Weights. FOLDER is docs/pictures.
"""

import io
import os
import pathlib
import subprocess
import sys
import tempfile

from PIL import Image
from playwright.sync_api import sync_playwright

from pages import free_port, override

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SIZE = {"width": 1000, "height": 640}


def save(page, folder, name):
    page.mouse.move(5, 5)
    page.wait_for_timeout(500)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.save(folder / f"page-{name}.jpg", quality=58, optimize=True)


def open_sample(page, address):
    page.goto(address)
    page.wait_for_selector("body[data-ready]")
    page.click(".sample >> text=Porous electrode")
    page.wait_for_selector("[data-view=features][aria-checked=true]", timeout=120_000)
    page.wait_for_selector("#layer-feature:not([hidden])")


def paint(page):
    """Strokes of pore, one phase and the other, where the sample has them."""
    page.click("#class-add")
    for i, name in enumerate(["pore", "electrolyte", "electrode"], 1):
        page.fill(f"[aria-label='Name of class {i}']", name)
        page.keyboard.press("Tab")
    strokes = page.evaluate("""async () => {
      const image = (await import('/page/state.js')).current();
      const { view } = await import('/page/view.js');
      const box = document.querySelector('#stage').getBoundingClientRect();
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext('2d');
      context.filter = 'blur(2px)';
      context.drawImage(image.picture, 0, 0);
      const { data } = context.getImageData(0, 0, image.width, image.height);
      const level = (x, y) => data[4 * (y * image.width + x)];
      const found = [];
      for (const [low, high] of [[0, 70], [100, 155], [175, 255]]) {
        const some = [];
        for (let y = 30; y < image.height - 30 && some.length < 5; y += 7) {
          for (let x = 30; x < image.width - 80; x += 11) {
            let fits = true;
            for (let i = 0; fits && i < 26 * 3; i++) {
              const at = level(x + i % 26, y + 4 * Math.floor(i / 26) - 4);
              fits = at >= low && at <= high;
            }
            const isFar = some.every(([u, v]) => Math.hypot(u - x, v - y) > 120);
            if (fits && isFar) { some.push([x, y]); break; }
          }
        }
        found.push(some.map(([x, y]) => [x + 4, y, x + 22, y].map((at, i) =>
          (i % 2 ? box.top + view.y : box.left + view.x) + at * view.zoom)));
      }
      return found;
    }""")
    page.focus("#stage")
    for i, some in enumerate(strokes, 1):
        page.keyboard.press(str(i))
        for x0, y0, x1, y1 in some:
            page.mouse.move(x0, y0)
            page.mouse.down()
            page.mouse.move(x1, y1, steps=6)
            page.mouse.up()
    for _ in range(600):
        if page.evaluate("""async () => {
          const image = (await import('/page/state.js')).current();
          return image.result?.kind === 'logistic' && !image.isOutdated;
        }"""):
            break
        page.wait_for_timeout(100)


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    with tempfile.TemporaryDirectory() as store, sync_playwright() as playwright:
        server = subprocess.Popen(
            [os.environ.get("EYEPIECE", ROOT / ".build/release/eyepiece"), "serve", "--host",
             "127.0.0.1", "--port", str(free_port()), "--weights", str(ROOT / "Weights"), "--store", store],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            address = server.stdout.readline().split()[-1] + "/"
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
                args=["--no-sandbox"])
            page = browser.new_page(viewport=SIZE)
            override(page)
            open_sample(page, address)
            save(page, folder, "features")
            paint(page)
            save(page, folder, "segmented")
            page.emulate_media(color_scheme="dark")
            page.keyboard.press("u")
            page.wait_for_timeout(1500)
            page.keyboard.press("j")
            page.wait_for_timeout(1500)
            save(page, folder, "uncertain")
            browser.close()
        finally:
            server.kill()


if __name__ == "__main__":
    main()
