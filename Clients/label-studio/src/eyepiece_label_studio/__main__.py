"""The command `eyepiece-label-studio`."""

from __future__ import annotations

import argparse
import os

import eyepiece

from ._backend import Backend
from ._images import Images
from ._server import Server


def main() -> None:
    parser = argparse.ArgumentParser(prog="eyepiece-label-studio", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=9090)
    parser.add_argument("--url", help="the Eyepiece server; EYEPIECE_URL or http://localhost:8471")
    parser.add_argument(
        "--label-studio", default=os.environ.get("LABEL_STUDIO_URL", "http://localhost:8080"),
        help="where images of tasks are fetched, with the key LABEL_STUDIO_API_KEY")
    parser.add_argument("--quality", default="draft", help="of the features; draft unless given")
    parser.add_argument(
        "--similarity", type=float, default=0.6, help="of a pixel and a click, from which it is taken")
    options = parser.parse_args()
    client = eyepiece.Client(options.url, os.environ.get("EYEPIECE_TOKEN"))
    images = Images(options.label_studio, os.environ.get("LABEL_STUDIO_API_KEY"))
    backend = Backend(client, images, options.quality, options.similarity)
    server = Server((options.host, options.port), backend)
    print(f"The backend answers at http://{options.host}:{server.server_address[1]}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
