"""What is painted stays: after undo, after a reload, without a server."""

import io
import json
import zipfile

from pages import PageCase, picture, stack

WIDTH, HEIGHT = 96, 64


class KeepingTests(PageCase):
    def reload(self):
        self.page.wait_for_timeout(900)
        self.page.reload()
        self.page.wait_for_selector("body[data-ready]")
        self.page.wait_for_selector("#sheet:not([hidden])")

    def test_two_hundred_steps_are_undone_also_after_a_reload(self):
        self.open(WIDTH, HEIGHT)
        self.set_brush(3)
        states = [self.labels()]
        for i in range(200):
            self.page.keyboard.press("12"[i % 2])
            self.page.mouse.click(*self.on_screen(2.5 + i * 7 % 89, 2.5 + i * 11 % 59))
            if i % 50 == 49:
                states.append(self.labels())
        self.assertEqual(len(set(states)), 5)
        for _ in range(50):
            self.page.keyboard.press("z")
        self.assertEqual(self.labels(), states[3])
        self.reload()
        self.assertEqual(self.labels(), states[3])
        for steps, state in [(50, 2), (100, 0)]:
            for _ in range(steps):
                self.page.keyboard.press("Control+z")
            self.assertEqual(self.labels(), states[state])
        for _ in range(200):
            self.page.keyboard.press("Shift+Z")
        self.assertEqual(self.labels(), states[4])

    def test_deleting_a_class_is_undone_with_its_strokes(self):
        self.open(WIDTH, HEIGHT)
        self.paint_both()
        before = self.labels()
        self.page.fill("[aria-label='Name of class 2']", "γ′")
        self.page.keyboard.press("Tab")
        self.page.click("[aria-label='Delete γ′']")
        self.assertNotIn(2, self.labels())
        self.assertEqual(self.page.locator("#classes li").count(), 1)
        self.page.focus("#stage")
        self.page.keyboard.press("z")
        self.assertEqual(self.labels(), before)
        self.assertEqual(self.page.input_value("[aria-label='Name of class 2']"), "γ′")

    def test_class_names_views_and_labels_come_back(self):
        self.open(WIDTH, HEIGHT)
        self.paint_both()
        self.page.fill("[aria-label='Name of class 1']", "matrix")
        self.page.keyboard.press("Tab")
        self.page.click("text=Uncertainty")
        before = self.labels()
        self.reload()
        self.assertEqual(self.labels(), before)
        self.assertEqual(self.page.input_value("[aria-label='Name of class 1']"), "matrix")
        self.assertEqual(self.page.get_attribute("[data-view=uncertain]", "aria-checked"), "true")

    def test_the_server_dies_and_work_goes_on(self):
        self.open(WIDTH, HEIGHT)
        self.wait_for_features()
        self.set_brush(5)
        self.stroke((12, 12), (30, 20))
        self.page.mouse.move(*self.on_screen(70, 12))
        self.page.keyboard.press("2")
        self.page.mouse.down()
        self.page.mouse.move(*self.on_screen(80, 30))
        self.server.kill()
        self.page.mouse.move(*self.on_screen(85, 50))
        self.page.mouse.up()
        self.page.wait_for_selector("#away:not([hidden])")
        self.page.keyboard.press("1")
        self.stroke((10, 40), (30, 50))
        painted = self.labels()
        self.assertTrue({1, 2} <= set(painted))
        with self.page.expect_download() as download:
            self.page.click("#download-open")
            self.page.click("[aria-label='Save Painted labels, PNG']")
        self.assertTrue(download.value.path().read_bytes().startswith(b"\x89PNG"))
        self.page.click("#downloads >> text=Close")
        self.server.start()
        self.page.wait_for_selector("#away", state="hidden", timeout=20_000)
        self.wait_for_result()
        self.assertEqual(self.labels(), painted)
        self.assertEqual(self.page.locator(".card").count(), 0)

    def test_a_project_leaves_as_one_file_and_comes_back(self):
        self.open(WIDTH, HEIGHT)
        self.paint_both()
        before = self.labels()
        self.page.click("#projects-open")
        with self.page.expect_download() as download:
            self.page.click("#export")
        file = download.value.path().read_bytes()
        archive = zipfile.ZipFile(io.BytesIO(file))
        self.assertIsNone(archive.testzip())
        project = json.loads(archive.read("project.json"))
        self.assertEqual(archive.read(project["images"][0]["path"]), picture(WIDTH, HEIGHT))
        self.page.click("#project-new")
        self.page.wait_for_selector("#empty:not([hidden])")
        self.page.set_input_files("#file", {
            "name": "steel.eyepiece", "mimeType": "application/zip", "buffer": file})
        self.page.wait_for_selector("#sheet:not([hidden])")
        self.assertEqual(self.labels(), before)

    def test_each_page_of_a_stack_keeps_labels_of_its_own(self):
        self.page.set_input_files("#file", {
            "name": "stack.tif", "mimeType": "image/tiff", "buffer": stack(WIDTH, HEIGHT, 3)})
        self.page.wait_for_selector("#sheet:not([hidden])")
        self.paint_both()
        first = self.labels()

        def turn(page):
            self.page.fill("#page", str(page))
            self.page.keyboard.press("Tab")
            self.until(f"(image.options.page ?? 0) === {page} && image.labels")

        turn(2)
        self.assertFalse(any(self.labels()))
        self.stroke((50, 50), (60, 50))
        third = self.labels()
        turn(0)
        self.assertEqual(self.labels(), first)
        self.reload()
        self.assertEqual(self.labels(), first)
        self.page.wait_for_selector("#pages:not([hidden])")
        turn(2)
        self.assertEqual(self.labels(), third)

    def test_a_second_tab_only_looks(self):
        self.open(WIDTH, HEIGHT)
        self.paint_both()
        self.page.wait_for_timeout(900)
        other = self.new_page()
        other.wait_for_selector("#read-only:not([hidden])")
        other.close()
