"""What is painted is what the rule says, whoever moves the brush."""

import brush
from pages import PageCase

WIDTH, HEIGHT = 96, 64


class PaintingTests(PageCase):
    def compare(self, expected):
        found = self.labels()
        wrong = [(i % WIDTH, i // WIDTH) for i in range(len(found)) if found[i] != expected[i]]
        self.assertEqual(wrong[:5], [], f"{len(wrong)} pixels differ")

    def places(self, *points):
        """Places that the browser can hit exactly: whole pixels of the screen."""
        zoom, left, top = self.place()
        return [((round(left + x * zoom) - left) / zoom, (round(top + y * zoom) - top) / zoom)
                for x, y in points]

    def test_mouse_strokes_equal_the_rule(self):
        self.open(WIDTH, HEIGHT)
        expected = bytearray(WIDTH * HEIGHT)
        strokes = [
            (1, 1, [(5.5, 5.5), (20.5, 9.5)]), (2, 2, [(30.7, 10.6), (31.7, 40.3), (50, 41.8)]),
            (3, 1, [(60, 5), (60, 60)]), (8, 2, [(70.6, 20.7), (90, 33.6)]),
            (15, 1, [(10, 50), (40, 55)]), (24, 2, [(90, 60), (99, 70)]), (7, 1, [(80.2, 8.7)]),
        ]
        for size, value, points in strokes:
            self.set_brush(size)
            self.page.keyboard.press(str(value))
            points = self.places(*points)
            self.stroke(*points)
            brush.paint(expected, WIDTH, HEIGHT, points, size, value)
        self.compare(expected)

    def test_a_fast_jump_leaves_no_gap(self):
        self.open(WIDTH, HEIGHT)
        self.set_brush(3)
        points = self.places((4, 4), (92, 60))
        self.stroke(*points)
        expected = bytearray(WIDTH * HEIGHT)
        brush.paint(expected, WIDTH, HEIGHT, points, 3, 1)
        self.compare(expected)
        columns = {i % WIDTH for i, value in enumerate(self.labels()) if value}
        self.assertEqual(columns, set(range(min(columns), max(columns) + 1)))

    def test_keyboard_strokes_equal_the_rule(self):
        self.open(WIDTH, HEIGHT)
        self.set_brush(5)
        self.page.focus("#stage")
        for _ in range(2):
            self.page.keyboard.press("Shift+ArrowLeft")
        self.page.keyboard.down("Enter")
        for _ in range(6):
            self.page.keyboard.press("ArrowDown")
        self.page.keyboard.press("Shift+ArrowRight")
        self.page.keyboard.up("Enter")
        expected = bytearray(WIDTH * HEIGHT)
        x, y = WIDTH // 2 - 20 + 0.5, HEIGHT // 2 + 0.5
        places = [(x, y + i) for i in range(7)] + [(x + 10, y + 6)]
        brush.paint(expected, WIDTH, HEIGHT, places, 5, 1)
        self.compare(expected)

    def test_locked_classes_and_painted_pixels_are_kept(self):
        self.open(WIDTH, HEIGHT)
        self.set_brush(9)
        expected = bytearray(WIDTH * HEIGHT)
        first = self.places((20, 30), (60, 30))
        self.stroke(*first)
        brush.paint(expected, WIDTH, HEIGHT, first, 9, 1)
        self.page.click("[aria-label='Lock class 1']")
        second = self.places((40, 10), (40, 50))
        over = bytearray(WIDTH * HEIGHT)
        brush.paint(over, WIDTH, HEIGHT, second, 9, 2)
        self.page.keyboard.press("2")
        self.stroke(*second)
        expected = bytes(old or new for old, new in zip(expected, over))
        self.compare(expected)
        # The eraser spares the locked class too.
        self.page.keyboard.press("e")
        self.stroke(*self.places((40, 10), (40, 50)))
        self.compare(bytes(value if value == 1 else 0 for value in expected))

    def test_fill_polygon_and_lasso(self):
        self.open(WIDTH, HEIGHT)
        self.set_brush(1)
        ring = self.places((10.5, 10.5), (30.5, 10.5), (30.5, 30.5), (10.5, 30.5), (10.5, 10.5))
        self.stroke(*ring)
        self.page.keyboard.press("f")
        self.page.mouse.click(*self.on_screen(20.5, 20.5))
        expected = bytearray(WIDTH * HEIGHT)
        for y in range(10, 31):
            for x in range(10, 31):
                expected[y * WIDTH + x] = 1
        self.compare(expected)
        self.page.keyboard.press("2")
        self.page.keyboard.press("p")
        for x, y in [(50, 10), (70, 10), (70, 25), (50, 25)]:
            self.page.mouse.click(*self.on_screen(x + 0.25, y + 0.25))
        self.page.mouse.click(*self.on_screen(50.25, 10.25))
        for y in range(10, 25):
            for x in range(50, 70):
                expected[y * WIDTH + x] = 2
        self.compare(expected)
        self.page.keyboard.press("l")
        self.stroke((60.25, 40.25), (80.25, 40.25), (80.25, 50.25), (60.25, 50.25))
        for y in range(40, 50):
            for x in range(60, 80):
                expected[y * WIDTH + x] = 2
        self.compare(expected)

    def test_a_stroke_is_no_drag_of_the_picture(self):
        """Firefox cancels the pointer where one begins."""
        self.open()
        self.assertFalse(self.page.evaluate("""document.querySelector('#layer-picture').dispatchEvent(
          new DragEvent('dragstart', { bubbles: true, cancelable: true }))"""))

    def test_escape_takes_a_stroke_back(self):
        self.open(WIDTH, HEIGHT)
        self.page.mouse.move(*self.on_screen(20, 20))
        self.page.mouse.down()
        self.page.mouse.move(*self.on_screen(50, 40))
        self.assertTrue(any(self.labels()))
        self.page.keyboard.press("Escape")
        self.assertFalse(any(self.labels()))
        self.page.mouse.up()
        self.assertFalse(any(self.labels()))

    def test_a_second_finger_pinches_instead_of_painting(self):
        self.open(WIDTH, HEIGHT)
        client = self.context.new_cdp_session(self.page)

        def touch(kind, *points):
            client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [
                {"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]})

        a, b = self.on_screen(30, 30), self.on_screen(60, 30)
        before = self.place()[0]
        touch("touchStart", a)
        touch("touchMove", (a[0] + 20, a[1]))
        self.assertTrue(any(self.labels()))
        touch("touchStart", (a[0] + 20, a[1]), b)
        self.assertFalse(any(self.labels()))
        touch("touchMove", (a[0] - 40, a[1]), (b[0] + 60, b[1]))
        touch("touchEnd")
        self.assertFalse(any(self.labels()))
        self.assertGreater(self.place()[0], before)

    def test_after_a_pen_a_finger_only_moves_the_picture(self):
        self.open(WIDTH, HEIGHT)
        client = self.context.new_cdp_session(self.page)
        x, y = self.on_screen(40, 30)
        for kind, at in [("mousePressed", x), ("mouseMoved", x + 40), ("mouseReleased", x + 40)]:
            client.send("Input.dispatchMouseEvent", {
                "type": kind, "x": at, "y": y, "button": "left", "buttons": 1,
                "pointerType": "pen", "clickCount": 1})
        painted = self.labels()
        self.assertTrue(any(painted))
        _, left, _ = self.place()
        client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        client.send("Input.dispatchTouchEvent", {
            "type": "touchMove", "touchPoints": [{"x": x + 30, "y": y}]})
        client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        self.assertEqual(self.labels(), painted)
        self.assertNotEqual(self.place()[1], left)
