"""The command `eyepiece-cvat`."""

from __future__ import annotations

import argparse
import os
import pathlib
import re

import eyepiece

from ._functions import Interactor, Objects, segmenter
from ._server import Server


def main() -> None:
    parser = argparse.ArgumentParser(prog="eyepiece-cvat", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8070, help="8070, nuclio's, unless given")
    parser.add_argument("--url", help="the Eyepiece server; EYEPIECE_URL or http://localhost:8471")
    parser.add_argument("--quality", default="draft", help="of the features; draft unless given")
    parser.add_argument(
        "--similarity", type=float, default=0.6, help="of a pixel and a click, from which it is taken")
    parser.add_argument(
        "--classifier", action="append", default=[], metavar="FILE",
        help="a classifier's file, or its id on the server: a detector of its classes; several times")
    options = parser.parse_args()
    client = eyepiece.Client(options.url, os.environ.get("EYEPIECE_TOKEN"))
    functions = [
        Interactor("eyepiece-similar", client, options.quality, options.similarity),
        Objects("eyepiece-objects", client, options.quality),
        *(segmenter(client, options.quality, _plain(one), one) for one in options.classifier)]
    server = Server((options.host, options.port), functions)
    print(f"{len(functions)} functions at http://{options.host}:{server.server_address[1]}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


def _plain(source: str) -> str:
    """A function's name as nuclio has them, of a file's; an id is shortened."""
    if re.fullmatch("[0-9a-f]{64}", source):
        return source[:12]
    return re.sub("[^a-z0-9]+", "-", pathlib.Path(source).stem.lower()).strip("-")


if __name__ == "__main__":
    main()
