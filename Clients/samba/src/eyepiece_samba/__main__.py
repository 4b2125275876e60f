"""The command `eyepiece-samba`."""

from __future__ import annotations

import argparse
import os

import eyepiece

from ._server import Server


def main() -> None:
    parser = argparse.ArgumentParser(prog="eyepiece-samba", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5000, help="5000 is what SAMBA's page asks")
    parser.add_argument("--url", help="the Eyepiece server; EYEPIECE_URL or http://localhost:8471")
    parser.add_argument("--quality", default="draft", help="of the features; draft unless given")
    parser.add_argument(
        "--origin", action="append", default=[],
        help="another origin whose page may ask, beside http://localhost:8080")
    options = parser.parse_args()
    client = eyepiece.Client(options.url, os.environ.get("EYEPIECE_TOKEN"))
    server = Server((options.host, options.port), client, options.quality, options.origin)
    print(f"SAMBA's routes answer at http://{options.host}:{server.server_address[1]}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
