"""A mosaic of 49 megapixels: made, killed in the middle, made to the end, and asked."""
import http.client
import json
import random
import tempfile
import threading
import time
import zlib
from importlib.machinery import SourceFileLoader
from pathlib import Path

from bad_input import png
from server import ROOT, Server

WIDTH, HEIGHT = 8192, 6000
# Rows and columns of the pictures that it is made of, 512×500 pixels each, and how many there are.
ROWS, COLUMNS, PICTURES = 12, 16, 16
# MiB.
MOST = 1536


def made():
    """The mosaic as PNG, of made-up micrographs in random order."""
    import numpy as np

    maker = SourceFileLoader("make_micrograph", str(ROOT / "bin/make-micrograph")).load_module()
    pictures = [maker.micrograph(seed, HEIGHT // ROWS, WIDTH // COLUMNS)[0]
                for seed in range(PICTURES)]
    chance = random.Random(1)
    rows = np.vstack([np.hstack([chance.choice(pictures) for _ in range(COLUMNS)])
                      for _ in range(ROWS)])
    filtered = np.hstack([np.zeros((HEIGHT, 1), np.uint8), rows])
    return png(WIDTH, HEIGHT, data=zlib.compress(filtered.tobytes(), 1))


def tiles(store):
    """The tiles that a store has."""
    return {file.name for file in (Path(store) / "tiles").rglob("*") if len(file.name) == 64}


def mosaic(weights):
    """8,192×6,000 pixels within 1.5 GiB; a kill loses the tiles in work alone."""
    options = ("--memory-bytes", "0", "--field-dtype", "float16", "--log-level", "error")
    target = "/fields?quality=draft"
    with tempfile.TemporaryDirectory() as folder:
        store = f"{folder}/store"
        image = made()
        first = Server(weights, *options, store=store)

        def send():
            try:
                first.ask("POST", target, image, timeout=7200)
            except (OSError, http.client.HTTPException):
                pass
        sender = threading.Thread(target=send)
        begun = time.monotonic()
        sender.start()
        while len(tiles(store)) < 40:
            time.sleep(0.1)
        kept, peak_before = tiles(store), first.resident()[1]
        first.process.kill()
        first.process.wait()
        sender.join()
        kept |= tiles(store)
        with Server(weights, *options, store=store) as server:
            seen = set()
            answer = []
            sender = threading.Thread(target=lambda: answer.append(
                server.ask("POST", target, image, timeout=7200)))
            sender.start()
            while sender.is_alive():
                seen |= tiles(store)
                time.sleep(0.2)
            status, body = answer[0]
            took, peak = time.monotonic() - begun, server.resident()[1]
            assert status in (200, 201), body
            field = json.loads(body)
            print(f"  {len(image) >> 20} MiB of PNG, {field.get('views')} views, {len(seen)} tiles, "
                  f"{len(kept)} of them kept at the kill, {took:.0f} s in all; peaks while encoding "
                  f"{peak_before} and {peak} MiB")
            peaks = [peak]
            for name, path in (
                    ("a region of 64²", "features?region=4000,3000,64,64"),
                    ("similarity to a pixel, all", "similarity?x=4000&y=3000"),
                    ("PCA of a region of 1,024²", "pca?region=3500,2500,1024,1024"),
                    ("PCA, all", "pca")):
                # The memory of an answer is given back after its last byte was read.
                time.sleep(2)
                start = time.monotonic()
                status, body = server.ask("GET", f"/fields/{field['id']}/{path}", timeout=600)
                peaks.append(server.resident()[1])
                print(f"    {name}: {status}, {time.monotonic() - start:.1f} s, "
                      f"{len(body) / 1e6:.1f} MB, peak {peaks[-1]} MiB")
                if name == "PCA, all":
                    (ROOT / ".build/mosaic.png").write_bytes(body)
            return max(peaks) <= MOST and kept <= seen
