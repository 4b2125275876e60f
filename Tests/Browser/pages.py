"""A server with a small random model, a browser, and the page opened in it."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest
import zlib

from playwright.sync_api import sync_playwright

POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:;"
          " connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none';"
          " form-action 'none'; frame-ancestors 'none'")
FAMILIES = pathlib.Path(__file__).parent.parent / "Fixtures" / "Families"


def write_weights(folder, name):
    """Writes a model of the fixtures as a folder of weights has it."""
    file = (FAMILIES / f"{name}.safetensors").read_bytes()
    (length,) = struct.unpack("<Q", file[:8])
    header = json.loads(file[8 : 8 + length])
    card = json.loads(header["__metadata__"]["card"])
    tensors = {key.removeprefix("w."): value for key, value in header.items()}
    text = json.dumps(tensors).encode()
    weights = struct.pack("<Q", len(text)) + text + file[8 + length :]
    (folder / f"{name}.safetensors").write_bytes(weights)
    card |= {"name": name, "file": f"{name}.safetensors"}
    (folder / f"{name}.json").write_text(json.dumps(card))


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def png(rows):
    """An 8-bit grey PNG of rows of bytes."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def picture(width, height):
    """Two halves of other grey, with a little texture: bright on the right."""
    return png([
        [(60 if x < width // 2 else 190) + (x * 7 + y * 13) % 17 for x in range(width)]
        for y in range(height)
    ])


def stack(width, height, pages):
    """A TIFF of grey pages, each of one strip."""
    out, place = b"II*\0" + struct.pack("<I", 8), 8
    for page in range(pages):
        data = bytes((60 + 50 * page if x < width // 2 else 190) for y in range(height)
                     for x in range(width))
        start = place + 2 + 9 * 12 + 4
        following = start + len(data) if page + 1 < pages else 0
        tags = [(256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, start), (277, 1),
                (278, height), (279, len(data))]
        out += struct.pack("<H", 9) + b"".join(
            struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
        out += struct.pack("<I", following) + data
        place = start + len(data)
    return out


def override(page):
    """Has the page's files read from the folder $PAGE, where that is set, so that a change of them is
    tried without a build."""
    folder = os.environ.get("PAGE")
    if not folder:
        return

    def answer(route):
        path = route.request.url.split("?")[0].split("/")[-1] or "index.html"
        file = pathlib.Path(folder) / ("docs.html" if path == "docs" else path)
        if not file.is_file():
            return route.continue_()
        kind = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
        route.fulfill(body=file.read_bytes(), headers={
            "Content-Type": kind.get(file.suffix, "text/html; charset=utf-8"),
            "Content-Security-Policy": POLICY})

    page.route(re.compile(r"^http://[^/]*/(docs|page/[^/]*)?$"), answer)


class Server:
    """The program, on a port that it keeps when it is started again."""

    def __init__(self, *options):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.port = free_port()
        self.options = options
        self.weights = self.folder / "weights"
        self.weights.mkdir()
        write_weights(self.weights, "vit")
        self.process = None
        self.start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}/"

    def start(self):
        self.process = subprocess.Popen(
            [os.environ["EYEPIECE"], "serve", "--host", "127.0.0.1", "--port", str(self.port),
             "--weights", str(self.weights), "--model", "vit", "--store",
             str(self.folder / "store"), *self.options],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        assert "answers at" in line, line

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()

    def close(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


class PageCase(unittest.TestCase):
    """Opens the page; at the end nothing must have been refused by its policy, nor have left it."""

    viewport = {"width": 1280, "height": 800}
    options = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.options)
        cls.playwright = sync_playwright().start()
        cls.browser = cls.playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM"], args=["--no-sandbox"])

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.playwright.stop()
        cls.server.close()

    def setUp(self):
        self.context = self.browser.new_context(viewport=self.viewport, accept_downloads=True)
        self.errors, self.elsewhere = [], []
        self.page = self.new_page()

    def new_page(self):
        page = self.context.new_page()
        override(page)
        page.add_init_script(
            "window.refused = []; document.addEventListener('securitypolicyviolation',"
            " (event) => window.refused.push(event.violatedDirective));")
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: request.url.startswith(
            (self.server.address, "blob:" + self.server.address))
            or self.elsewhere.append(request.url))
        page.goto(self.server.address)
        page.wait_for_selector("body[data-ready]")
        return page

    def tearDown(self):
        refused = self.page.evaluate("window.refused")
        self.context.close()
        self.assertEqual(refused, [])
        self.assertEqual(self.errors, [])
        self.assertEqual(self.elsewhere, [])

    # What a test does.

    def open(self, width=96, height=64, name="steel.png", data=None):
        self.page.set_input_files("#file", {
            "name": name, "mimeType": "image/png", "buffer": data or picture(width, height)})
        self.page.wait_for_selector("#sheet:not([hidden])")
        self.until("document.querySelector('#layer-picture').width === %d" % width)

    def until(self, condition, seconds=30):
        """Waits until a condition of the document, or of `image`, the current one, holds."""
        # Playwright's own waiting takes a promise for yes, and a string for what the policy forbids.
        script = """async () => {
          const { current, settings } = await import('/page/state.js'), image = current();
          return Boolean(%s);
        }""" % condition
        end = time.monotonic() + seconds
        while not self.page.evaluate(script):
            self.assertLess(time.monotonic(), end, condition)
            self.page.wait_for_timeout(20)

    def until_true(self, condition, seconds=30):
        """Waits until a condition here holds."""
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end)
            self.page.wait_for_timeout(20)

    def wait_for_features(self):
        self.until("image?.field?.state === 'ready'")

    def wait_for_result(self):
        """Waits for the segmentation that the labels of now and the whole field give."""
        self.until("image?.result?.kind === 'logistic' && !image.isOutdated && !image.result.views"
                   " && image.result.features === settings().features")

    def labels(self):
        """The label bytes, row after row."""
        return bytes(self.page.evaluate(
            "async () => [...(await import('/page/state.js')).current().labels.bytes]"))

    def result(self):
        return bytes(self.page.evaluate(
            "async () => [...(await import('/page/state.js')).current().result.bytes]"))

    def place(self):
        """Zoom, and the corner of the image in the window."""
        return self.page.evaluate("""async () => {
          const { view } = await import('/page/view.js');
          const box = document.querySelector('#stage').getBoundingClientRect();
          return [view.zoom, box.left + view.x, box.top + view.y];
        }""")

    def on_screen(self, x, y):
        zoom, left, top = self.place()
        return left + x * zoom, top + y * zoom

    def stroke(self, *places):
        """Presses at the first place in the image, moves through the others, lets go."""
        self.page.mouse.move(*self.on_screen(*places[0]))
        self.page.mouse.down()
        for place in places[1:]:
            self.page.mouse.move(*self.on_screen(*place))
        self.page.mouse.up()

    def set_brush(self, size):
        self.page.evaluate("""async (size) => {
          const { change } = await import('/page/state.js');
          change({ brush: size });
        }""", size)

    def paint_both(self):
        """A stroke of each of two classes, in the two halves of the picture."""
        self.set_brush(5)
        self.page.keyboard.press("1")
        self.stroke((12, 12), (30, 20))
        self.page.keyboard.press("2")
        self.stroke((70, 12), (85, 40))
