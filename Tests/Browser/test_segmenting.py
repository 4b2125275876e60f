"""The segmentation follows the labels, and leaves as files that other programs read."""

import contextlib
import csv
import io
import json
import re
import struct
import zipfile
import zlib

from pages import PageCase, picture
from playwright.sync_api import Error

WIDTH, HEIGHT = 96, 64


def read_png(file):
    """Samples and palette of an 8-bit PNG without filters."""
    place, data, palette = 8, b"", b""
    while place < len(file):
        (length,) = struct.unpack(">I", file[place : place + 4])
        kind, body = file[place + 4 : place + 8], file[place + 8 : place + 8 + length]
        (crc,) = struct.unpack(">I", file[place + 8 + length : place + 12 + length])
        assert crc == zlib.crc32(kind + body), kind
        if kind == b"IHDR":
            width, height = struct.unpack(">II", body[:8])
            assert body[8:] == bytes([8, 3, 0, 0, 0])
        elif kind == b"PLTE":
            palette = body
        elif kind == b"IDAT":
            data += body
        place += 12 + length
    rows = zlib.decompress(data)
    return b"".join(rows[y * (width + 1) + 1 : (y + 1) * (width + 1)] for y in range(height)), palette


class SegmentingTests(PageCase):
    def test_the_result_follows_the_strokes(self):
        self.open(WIDTH, HEIGHT)
        self.wait_for_features()
        # The random model sees nothing; these features do.
        self.page.select_option("#features", "classical")
        self.page.wait_for_selector("#hint >> text=begin with")
        self.set_brush(5)
        self.stroke((12, 12), (30, 20))
        self.page.wait_for_selector("#hint >> text=class 2")
        self.page.keyboard.press("2")
        self.stroke((70, 12), (85, 40))
        self.wait_for_result()
        found = self.result()
        right = sum(found[y * WIDTH + x] == (1 if x < WIDTH // 2 else 2)
                    for y in range(HEIGHT) for x in range(WIDTH))
        self.assertGreater(right, 0.7 * WIDTH * HEIGHT)
        # The shares are asked for after the result, and are told when they come.
        self.page.wait_for_selector("#stage[aria-label*=covers]")
        # Undo takes the second class away: the old result stays, and it is said what is missing.
        self.page.keyboard.press("z")
        self.page.wait_for_selector("#hint >> text=class 2")
        self.assertEqual(self.result(), found)

    def test_the_newest_labels_win_and_one_request_is_under_way(self):
        self.open(WIDTH, HEIGHT)
        self.wait_for_features()
        open_requests, most, bodies = set(), [0], []

        def begun(request):
            if request.method == "POST" and "/segmentation" in request.url:
                open_requests.add(request)
                most[0] = max(most[0], len(open_requests))
                bodies.append(request.post_data_buffer)

        # A server that takes its time.
        self.page.evaluate("""() => {
          const real = window.fetch;
          window.fetch = async (address, options) => {
            const answer = await real(address, options);
            if (String(address).includes("/segmentation")) {
              await new Promise((go) => setTimeout(go, 1500));
            }
            return answer;
          };
        }""")
        self.page.on("request", begun)
        for event in ["requestfinished", "requestfailed"]:
            self.page.on(event, lambda request: open_requests.discard(request))
        self.paint_both()
        for i in range(4):
            self.page.keyboard.press("12"[i % 2])
            self.stroke((8 + 60 * (i % 2) + i, 30 + 2 * i), (20 + 60 * (i % 2), 32 + 2 * i))
        self.wait_for_result()
        self.page.wait_for_timeout(300)
        self.assertFalse(open_requests)
        self.assertEqual(most[0], 1)
        # The last body has the labels of now, two bits each.
        rows = zlib.decompress(bodies[-1][bodies[-1].index(b"IDAT") + 4 :][:-16])
        line = WIDTH // 4 + 1
        last = bytes(rows[y * line + 1 + x // 4] >> 6 - 2 * (x % 4) & 3
                     for y in range(HEIGHT) for x in range(WIDTH))
        self.assertEqual(last, self.labels())

    def test_a_stroke_takes_back_the_request_that_it_outdates(self):
        self.open(WIDTH, HEIGHT)
        self.wait_for_features()
        asked, failed, results = [], [], re.compile("kind=logistic")
        self.page.route(results, lambda route: asked.append(route))
        self.page.on("requestfailed", lambda request: failed.append(request.url))
        self.paint_both()
        self.until_true(lambda: asked)
        self.page.mouse.move(*self.on_screen(20, 40))
        self.page.mouse.down()
        self.page.mouse.move(*self.on_screen(30, 44))
        self.until_true(lambda: any(map(results.search, failed)))
        self.page.unroute(results)
        for one in asked:
            # The one that the page took back is at its end already.
            with contextlib.suppress(Error):
                one.abort()
        self.page.mouse.up()
        self.wait_for_result()

    def test_the_preview_of_a_large_picture_is_of_some_of_its_pixels(self):
        self.open(640, 480)
        self.wait_for_features()
        asked = []
        self.page.on("request", lambda request: asked.append(request.url))
        # A server that takes its time, so that previews come first.
        self.page.evaluate("""async () => {
          const real = window.fetch;
          window.fetch = async (...asked) => {
            const answer = await real(...asked);
            await new Promise((go) => setTimeout(go, 300));
            return answer;
          };
          window.seen = [];
          const { on } = await import('/page/state.js');
          on('result', ({ result: { kind, bytes } }) => window.seen.push({ kind, bytes }));
        }""")
        self.stroke((40, 40), (80, 44))
        self.page.keyboard.press("2")
        self.stroke((500, 40), (560, 44))
        self.wait_for_result()
        self.stroke((500, 240), (560, 244))
        self.wait_for_result()
        segmented = [address for address in asked if "/segmentation" in address]
        previews = [address for address in segmented if "kind=lda" in address]
        self.assertTrue(previews)
        for address in segmented:
            self.assertEqual("step=2" in address, address in previews, address)
        even, whole = self.page.evaluate("""() => window.seen.map(({ kind, bytes }) => [
          kind, bytes.length === 640 * 480
            && bytes.every((id, i) => id === bytes[i - i % 2 - 640 * ((i / 640 | 0) % 2)])
        ]).reduce(([even, whole], [kind, isEven]) => kind === 'lda'
          ? [even + isEven, whole] : [even, whole + 1], [0, 0])""")
        self.assertTrue(even and whole, f"{even} {whole}")

    def save(self, title):
        with self.page.expect_download() as download:
            self.page.click(f"[aria-label='Save {title}']")
        return download.value.path().read_bytes()

    def test_downloads_are_what_they_say(self):
        self.open(WIDTH, HEIGHT, name="=steel, one.png")
        self.wait_for_features()
        self.page.fill("[aria-label='Name of class 1']", '=cmd,"x"')
        self.page.keyboard.press("Tab")
        self.page.focus("#stage")
        self.paint_both()
        self.wait_for_result()
        found = self.result()
        self.page.click("#download-open")
        samples, palette = read_png(self.save("Segmentation, PNG"))
        self.assertEqual(samples, found)
        self.assertEqual(palette[3:9], bytes.fromhex("D55E0056B4E9"))
        samples, _ = read_png(self.save("Painted labels, PNG"))
        self.assertEqual(samples, self.labels())
        tiff = self.save("Segmentation, TIFF")
        self.assertTrue(tiff.startswith(b"II*\0") and tiff.endswith(found))
        rows = list(csv.DictReader(io.StringIO(self.save("Fractions, CSV").decode())))
        if "pixels" in rows[0]:
            self.assertEqual([int(row["pixels"]) for row in rows], [found.count(1), found.count(2)])
        for row in rows:
            for cell in row.values():
                self.assertFalse(str(cell).startswith(("=", "+", "@")), cell)
        classifier = self.save("Classifier")
        (length,) = struct.unpack("<Q", classifier[:8])
        self.assertIn("=cmd", json.dumps(json.loads(classifier[8 : 8 + length])))

    def test_one_classifier_segments_all_images(self):
        self.open(WIDTH, HEIGHT)
        self.wait_for_features()
        self.paint_both()
        self.wait_for_result()
        self.open(110, 70, "other.png")
        self.wait_for_features()
        # The second image has no labels, and is segmented when it opens.
        self.wait_for_result()
        other = self.result()
        self.page.click("#download-open")
        archive = zipfile.ZipFile(io.BytesIO(self.save("All images, ZIP")))
        self.assertIsNone(archive.testzip())
        self.assertTrue(archive.read("2-other-classes.tif").endswith(other))
        rows = list(csv.DictReader(io.StringIO(archive.read("fractions.csv").decode())))
        self.assertEqual([row["image"] for row in rows],
                         ["steel.png", "steel.png", "other.png", "other.png"])
        self.assertIn("classifier.safetensors", archive.namelist())

    def test_views_show_and_cost_no_request_twice(self):
        self.open(WIDTH, HEIGHT)
        self.wait_for_features()
        # Before anything is painted the features are shown.
        self.until("document.querySelector('#layer-feature').src.startsWith('blob:')")
        self.page.click("#tools [data-tool=similar]")
        self.page.mouse.click(*self.on_screen(70, 30))
        self.page.wait_for_selector("[data-view=similar][aria-checked=true]")
        self.paint_with_brush()
        self.wait_for_result()
        self.assertEqual(self.page.get_attribute("[data-view=result]", "aria-checked"), "true")
        # The measurements of the result, which follow it.
        self.page.get_by_text("95 % interval").wait_for()
        requests = []
        self.page.on("request", lambda request: requests.append(request.url))
        for view in ["picture", "result", "features"]:
            self.page.click(f"[data-view={view}]")
        self.page.keyboard.press("o")
        self.page.keyboard.press("0")
        self.page.keyboard.down("\\")
        self.assertTrue(self.page.evaluate("document.querySelector('#sheet').matches('.original')"))
        self.page.keyboard.up("\\")
        self.assertEqual([url for url in requests if not url.startswith("blob:")], [])

    def paint_with_brush(self):
        self.page.click("#tools [data-tool=brush]")
        self.paint_both()

    def test_a_label_image_is_taken_as_labels(self):
        self.open(WIDTH, HEIGHT)
        labels = self.page.evaluate("""async () => {
          const { encodePNG } = await import('/page/files.js');
          const bytes = new Uint8Array(96 * 64);
          bytes.fill(85, 100, 300);
          bytes.fill(170, 3000, 3300);
          return [...await encodePNG(bytes, 96, 64)];
        }""")
        self.page.set_input_files("#file", {
            "name": "labels.png", "mimeType": "image/png", "buffer": bytes(labels)})
        self.page.click("#question button[value=yes]")
        self.until("image.labels.labelled === 500")
        found = self.labels()
        self.assertEqual((found.count(1), found.count(2)), (200, 300))
        self.assertEqual(set(found[100:300]), {1})

    def test_a_picture_that_the_browser_cannot_read_comes_from_the_server(self):
        rows = 30
        head = f"P5\n40 {rows}\n65535\n".encode()
        samples = b"".join(struct.pack(">H", 1000 + 40 * (i % 40)) for i in range(40 * rows))
        self.page.set_input_files("#file", {
            "name": "deep.pgm", "mimeType": "image/x-portable-graymap", "buffer": head + samples})
        self.page.wait_for_selector("#sheet:not([hidden])")
        self.assertEqual(self.page.evaluate("document.querySelector('#layer-picture').width"), 40)
        self.wait_for_features()

    def test_a_part_is_looked_at_alone_and_the_whole_again(self):
        self.open(WIDTH, HEIGHT)
        self.paint_both()
        before = self.labels()
        self.page.click("#crop")
        self.stroke((10, 10), (40, 30), (80, 50))
        self.page.click("#question button[value=yes]")
        self.until("image.width === 70 && image.height === 40 && image.options.crop === '10,10,70,40'")
        inside = [before[y * WIDTH + 10 : y * WIDTH + 80] for y in range(10, 50)]
        self.assertEqual(self.labels(), b"".join(inside))
        self.wait_for_result()
        self.assertEqual(len(self.result()), 70 * 40)
        self.page.click("#crop >> text=Whole image")
        self.until(f"image.width === {WIDTH}")
        expected = bytes(value if 10 <= i % WIDTH < 80 and 10 <= i // WIDTH < 50 else 0
                         for i, value in enumerate(before))
        self.assertEqual(self.labels(), expected)
        self.wait_for_result()

    def test_what_is_no_picture_is_said_in_words(self):
        self.page.set_input_files("#file", {
            "name": "notes.txt", "mimeType": "text/plain", "buffer": b"no picture"})
        card = self.page.wait_for_selector(".card[role=alert]")
        self.assertGreater(len(card.text_content()), 30)
        self.page.click(".card >> text=Close")
        self.assertEqual(self.page.locator(".card").count(), 0)
        self.open(WIDTH, HEIGHT, data=picture(WIDTH, HEIGHT))
