"""Names are text, a token is asked for once, and everyone can use it."""

import json
import os
import subprocess

from pages import PageCase, Server

try:
    from axe_playwright_python.sync_playwright import Axe
except ImportError:
    Axe = None

HTML = '<img src=x onerror="document.title=\'taken\'"><b>x'


class NameTests(PageCase):
    def test_names_made_of_html_are_shown_as_text(self):
        self.open(96, 64, name=f"{HTML}.png")
        self.page.fill("[aria-label='Name of class 1']", HTML)
        self.page.keyboard.press("Tab")
        self.page.focus("#stage")
        self.wait_for_features()
        self.paint_both()
        self.wait_for_result()
        self.page.click("#download-open")
        self.page.wait_for_timeout(300)
        self.page.keyboard.press("Escape")
        self.page.click("#projects-open")
        self.page.keyboard.press("Escape")
        self.assertNotEqual(self.page.title(), "taken")
        for place in ["#strip", "#measures", "#download-list", "#project-list", "#classes"]:
            self.assertEqual(self.page.locator(f"{place} img, {place} b").count(), 0, place)
        self.assertIn("<b>x", self.page.inner_text("#strip"))
        self.assertIn("<b>x", self.page.inner_text("#measures"))


class AccessTests(PageCase):
    def check(self, when):
        if Axe is None:
            print("SKIPPED: rules of accessibility, there is no axe-playwright-python")
            return
        # Its script is no part of the page: it is run beside the page's policy.
        found = Axe().run(self.page).response["violations"]
        serious = [(one["id"], one["nodes"][0]["html"][:120]) for one in found
                   if one["impact"] in ("serious", "critical")]
        self.assertEqual(serious, [], when)

    def test_axe_finds_nothing_serious(self):
        for scheme in ["light", "dark"]:
            self.page.emulate_media(color_scheme=scheme)
            self.check(f"empty, {scheme}")
        self.open()
        self.wait_for_features()
        self.paint_both()
        self.wait_for_result()
        self.page.wait_for_selector("#measures td")
        for scheme in ["light", "dark"]:
            self.page.emulate_media(color_scheme=scheme)
            self.check(f"segmented, {scheme}")
        for button, dialog in [("#download-open", "downloads"), ("#help", "keys"),
                               ("#projects-open", "projects")]:
            self.page.click(button)
            self.check(dialog)
            self.page.keyboard.press("Escape")

    def test_every_key_of_a_button_is_in_the_list(self):
        keys = self.page.evaluate(
            "[...document.querySelectorAll('[aria-keyshortcuts]')]"
            ".flatMap((one) => one.getAttribute('aria-keyshortcuts').split(' '))")
        listed = " ".join(self.page.locator("#key-list dt").all_text_contents()).split()
        self.assertGreater(len(keys), 15)
        for key in keys:
            text = {"-": "−", "Shift+Z": "Shift-Z", "2": "1"}.get(key, key)
            self.assertIn(text, listed)

    def test_a_narrow_window_shows_everything_without_a_sideways_scroll(self):
        self.page.set_viewport_size({"width": 390, "height": 844})
        self.open()
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        self.assertLessEqual(wide, 390)
        box = self.page.locator("#stage").bounding_box()
        self.assertGreater(box["height"], 250)

    def test_the_interface_is_described_on_its_page(self):
        self.page.goto(self.server.address + "docs")
        self.page.wait_for_selector("body[data-ready]")
        text = self.page.inner_text("#operations")
        for words in ["POST /fields/{id}/segmentation", "curl", "Python", "JavaScript"]:
            self.assertIn(words, text)
        self.page.click("#getModels >> text=Try it")
        self.until("document.querySelector('#getModels div pre').textContent.includes('dinov2')")
        # Its rules take minutes for sixty operations that are all laid out alike.
        self.page.evaluate("""() => {
          for (const one of document.querySelectorAll('article:nth-of-type(n + 6), nav a:nth-of-type(n + 6)')) {
            one.remove();
          }
        }""")
        self.check("docs")


class TokenTests(PageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.close()
        cls.server = Server()
        cls.server.kill()
        tokens = cls.server.folder / "tokens.json"
        made = subprocess.run(
            [os.environ["EYEPIECE"], "token", "add", "page", "--token-file", str(tokens)],
            capture_output=True, text=True, check=True)
        cls.token = [word for word in made.stdout.split() if len(word) > 30][-1]
        cls.server.options = ("--token-file", str(tokens))
        cls.server.start()

    def test_the_token_is_asked_for_once_and_never_in_an_address(self):
        addresses = []
        self.page.on("request", lambda request: addresses.append(request.url))
        self.page.reload()
        self.page.wait_for_selector("body[data-ready]")
        self.open()
        self.page.wait_for_selector("#token[open]")
        self.page.fill("#token-text", "wrong")
        self.page.keyboard.press("Enter")
        self.page.wait_for_selector("#token-wrong:not([hidden])")
        self.page.fill("#token-text", self.token)
        self.page.keyboard.press("Enter")
        self.wait_for_features()
        self.paint_both()
        self.wait_for_result()
        self.page.reload()
        self.page.wait_for_selector("body[data-ready]")
        self.wait_for_features()
        self.assertFalse(self.page.is_visible("#token"))
        self.assertFalse(any(self.token in address for address in addresses))
        self.assertTrue(json.dumps(addresses).count("/page/main.js"))
