"""Clusters, levels, lengths, images that are too large to be held whole, and all images at once."""

import io
import struct
import urllib.request
import zipfile
import zlib

from pages import PageCase, png

WIDTH, HEIGHT = 96, 64


def deep(width, height):
    """A PGM of 16 bits whose levels rise from 1000 to 5000."""
    row = b"".join(struct.pack(">H", 1000 + 4000 * x // (width - 1)) for x in range(width))
    return f"P5\n{width} {height}\n65535\n".encode() + row * height


class ViewTests(PageCase):
    def test_a_click_makes_a_cluster_part_of_a_class(self):
        self.open(WIDTH, HEIGHT)
        self.wait_for_features()
        self.page.click("[data-view=clusters]")
        self.until("image.clusters")
        clusters = bytes(self.page.evaluate(
            "async () => [...(await import('/page/state.js')).current().clusters.bytes]"))
        self.assertEqual(len(clusters), WIDTH * HEIGHT)
        self.assertEqual(set(clusters), set(range(1, 7)))
        x, y = 20, 30
        self.page.mouse.click(*self.on_screen(x + 0.5, y + 0.5))
        chosen, found = clusters[y * WIDTH + x], self.labels()
        # So small a cluster becomes the class as a whole.
        self.assertEqual([label == 1 for label in found], [one == chosen for one in clusters])
        self.page.keyboard.press("z")
        self.assertFalse(any(self.labels()))
        self.page.evaluate("""() => {
          const slider = document.querySelector('#clusters');
          slider.value = 3;
          slider.dispatchEvent(new Event('change'));
        }""")
        self.until("Math.max(...image.clusters.bytes) === 3")

    def test_levels_are_dragged(self):
        self.page.set_input_files("#file", {
            "name": "deep.pgm", "mimeType": "image/x-portable-graymap", "buffer": deep(80, 40)})
        self.page.wait_for_selector("#levels:not([hidden])")
        self.page.click("#levels summary")
        self.page.wait_for_timeout(100)
        low, high = (float(self.page.input_value(f"#{name}")) for name in ("low", "high"))
        box = self.page.locator("#histogram").bounding_box()
        y = box["y"] + 20
        self.page.mouse.move(box["x"] + 1, y)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + box["width"] / 2, y, steps=4)
        self.page.mouse.up()
        self.until("image.options.scale && Number(image.source.low) > 2000")
        scale = self.page.evaluate("async () => (await import('/page/state.js')).current().options.scale")
        found = [float(level) for level in scale.split(",")]
        self.assertAlmostEqual(found[0], low + (high - low) / 2, delta=(high - low) / 50)
        self.assertAlmostEqual(found[1], high, delta=1)
        # The features are made of the picture with these levels.
        self.until("image.field?.state === 'ready' && image.field.wanted.includes('scale')")
        self.page.click("#levels-auto")
        self.until("!image.options.scale && Number(image.source.low) < 1500")

    def test_a_length_is_told_in_pixels(self):
        self.open(WIDTH, HEIGHT)
        self.wait_for_features()
        self.page.keyboard.press("m")
        self.stroke((10, 10), (40, 50))
        self.page.wait_for_selector("#status >> text=50.0 px")
        self.assertFalse(any(self.labels()))
        words = self.page.evaluate("""async () => (await import('/page/scale.js')).lengthOf(
          { pixelSize: { width: 2e-8 } }, [[10, 10], [40, 50]])""")
        self.assertEqual(words, "50.0 px = 1 µm")

    def test_what_is_painted_is_what_is_seen(self):
        self.open(WIDTH, HEIGHT)
        self.set_brush(9)
        self.stroke((20, 20), (60, 40))
        self.page.wait_for_timeout(100)
        seen = self.page.evaluate("""async () => {
          const image = (await import('/page/state.js')).current(), found = [];
          const canvas = document.querySelector('#layer-labels canvas');
          const { data } = canvas.getContext('2d').getImageData(0, 0, image.width, image.height);
          for (let i = 0; i < image.width * image.height; i++) found.push(data[4 * i + 3] ? data[4 * i] : -1);
          return found;
        }""")
        self.assertEqual(seen, [0xD5 if label else -1 for label in self.labels()])


class LargeTests(PageCase):
    def kept_labels(self):
        field = self.page.evaluate("async () => (await import('/page/state.js')).current().field.id")
        address = f"{self.server.address}fields/{field}/labels?format=raw"
        with urllib.request.urlopen(address) as answer:
            return answer.read(), address, answer.headers["ETag"]

    def open_bands(self, width, height):
        row = bytes(60 + 120 * (x > width // 2) + x * 7 % 13 for x in range(width))
        self.page.set_input_files("#file", {
            "name": "large.png", "mimeType": "image/png", "buffer": png([row] * height)})
        self.until(f"image?.picture && image.width === {width} && image.height === {height}", 60)

    def test_a_large_picture_has_an_overview_and_details(self):
        self.open_bands(4300, 4000)
        width = self.page.evaluate("""async () => [
          (await import('/page/state.js')).current().picture.width,
          document.querySelector('#layer-picture').width]""")
        # Drawn no finer than it is seen.
        self.assertEqual(width[0], 4096)
        self.assertIn(width[1], [1024, 2048])
        self.page.evaluate("async () => (await import('/page/state.js')).change({ live: false })")
        self.set_brush(60)
        self.stroke((300, 300), (900, 400))
        # A pixel of the labels' tile stands for several here.
        self.page.wait_for_selector("#layer-labels canvas")
        self.assertGreater(self.page.evaluate("""() => {
          const canvas = document.querySelector('#layer-labels canvas');
          return parseFloat(canvas.style.width) / canvas.width;
        }"""), 1)
        # One to one the overview is nearly as fine.
        self.page.keyboard.press(",")
        self.page.keyboard.press("+")
        self.page.wait_for_selector("#layer-detail:not([hidden])", timeout=60_000)

    def with_small_pages(self):
        """The page anew, for which a picture of some thousand pixels is a large one."""
        def answer(route):
            answer = route.fetch()
            text = answer.text()
            self.assertIn("LARGE = 4 << 20;", text)
            route.fulfill(response=answer, body=text.replace("LARGE = 4 << 20;", "LARGE = 4096;"))

        self.page.route("**/page/live.js", answer)
        self.page.goto(self.server.address)
        self.page.wait_for_selector("body[data-ready]")

    def test_labels_of_many_pixels_travel_by_rectangles(self):
        self.with_small_pages()
        self.open(210, 200)
        sent = []
        self.page.on("request", lambda request: "/labels" in request.url and sent.append(
            (request.method, request.url.split("?")[-1])))
        self.set_brush(6)
        self.stroke((30, 30), (90, 40))
        self.page.keyboard.press("2")
        self.stroke((130, 30), (160, 40))
        self.wait_for_result()
        self.stroke((130, 100), (160, 110))
        self.wait_for_result()
        self.assertEqual(sent[0][0], "PUT")
        self.assertEqual(sent[-1][0], "PATCH")
        self.assertIn("w=36&h=", sent[-1][1])
        kept, address, tag = self.kept_labels()
        self.assertEqual(zlib.crc32(kept), self.crc())
        # Somebody else paints there: the page sends all of its own anew.
        body, before = bytes([1]) * 100, len(sent)
        urllib.request.urlopen(urllib.request.Request(
            address.split("?")[0] + "?x=0&y=0&w=10&h=10", data=body, method="PATCH",
            headers={"If-Match": tag}))
        self.stroke((130, 150), (160, 160))
        self.wait_for_result()
        self.assertEqual([method for method, _ in sent[before : before + 2]], ["PATCH", "PUT"])
        self.assertEqual(zlib.crc32(self.kept_labels()[0]), self.crc())

    def crc(self):
        return self.page.evaluate("""async () => {
          const { crc32 } = await import('/page/files.js');
          return crc32((await import('/page/state.js')).current().labels.bytes);
        }""")


class BatchTests(PageCase):
    """All images at once, where the server keeps jobs."""

    def prepare_two(self):
        self.open(WIDTH, HEIGHT)
        self.wait_for_features()
        self.paint_both()
        self.wait_for_result()
        self.open(110, 70, "other.png")
        self.wait_for_result()
        self.page.click("#download-open")

    def check(self, download, images=2):
        archive = zipfile.ZipFile(io.BytesIO(download.value.path().read_bytes()))
        self.assertIsNone(archive.testzip())
        names = archive.namelist()
        self.assertEqual(sum(name.endswith("-classes.tif") for name in names), images)
        self.assertEqual(archive.read("fractions.csv").decode().count("\r\n"), 1 + 2 * images)
        self.assertIn("Classifier", archive.read("README.txt").decode())

    def test_a_batch_is_collected_after_the_page_was_closed(self):
        self.prepare_two()
        self.page.route("**/batches/*/results*", lambda route: route.abort())
        with self.page.expect_response(lambda answer: answer.url.endswith("/batches")) as answer:
            self.page.click("[aria-label='Save All images, ZIP']")
        batch = answer.value.json()
        self.assertEqual(batch["total"], 2)
        self.page.wait_for_timeout(1500)
        self.page.unroute("**/batches/*/results*")
        self.page.reload()
        self.page.wait_for_selector("body[data-ready]")
        self.page.wait_for_selector("text=All images are segmented")
        with self.page.expect_download() as download:
            self.page.click("text=Save the results")
        self.check(download)
        # It is collected once.
        self.page.wait_for_timeout(800)
        self.page.reload()
        self.page.wait_for_selector("body[data-ready]")
        self.page.wait_for_timeout(1000)
        self.assertFalse(self.page.is_visible("text=All images are segmented"))


class NoJobsTests(BatchTests):
    """Image by image, where it keeps none."""

    options = ("--jobs", "none")

    def test_a_batch_is_collected_after_the_page_was_closed(self):
        self.prepare_two()
        with self.page.expect_download() as download:
            self.page.click("[aria-label='Save All images, ZIP']")
        self.check(download)
