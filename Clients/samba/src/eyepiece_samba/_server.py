"""The routes of SAMBA's server."""

from __future__ import annotations

import http.server
import json
import re
import threading
import time
from collections.abc import Iterable
from typing import Any

import eyepiece

from ._session import Refusal, Session, labels_file

# SAMBA forgets a page that was not heard of for four hours.
LONGEST_IDLE = 4 * 3600
MOST_SESSIONS = 200
# Labels of a picture of 1024² pixels are 11 MB of JSON.
LONGEST_BODY = 1 << 30
ORIGINS = ("http://localhost:8080", "https://localhost:8080")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], client: eyepiece.Client, quality: str = "draft",
        origins: Iterable[str] = (),
    ) -> None:
        super().__init__(address, Handler)
        self.client, self.quality = client, quality
        self.origins = {*ORIGINS, *origins}
        self.sessions: dict[str, Session] = {}
        self.lock = threading.Lock()

    def session(self, name: Any) -> Session:
        """The page's session, which is made where there is none."""
        if not re.fullmatch(r"\d{13,20}", str(name)):
            raise Refusal("the id is not one of SAMBA's pages")
        now = time.monotonic()
        with self.lock:
            if name not in self.sessions:
                idle = [key for key, one in self.sessions.items() if now - one.touched > LONGEST_IDLE]
                for key in idle:
                    del self.sessions[key]
                if len(self.sessions) >= MOST_SESSIONS:
                    raise Refusal(f"there are {MOST_SESSIONS} pages already")
                self.sessions[name] = Session(self.client, self.quality)
            self.sessions[name].touched = now
            return self.sessions[name]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_OPTIONS(self) -> None:
        self._answer(200, b"", "text/html; charset=utf-8")

    def do_GET(self) -> None:
        self._answer(200, b'{"success":false}\n', "application/json")

    def do_POST(self) -> None:
        try:
            length = int(self.headers["Content-Length"] or 0)
            if length > LONGEST_BODY:
                self.close_connection = True
                raise Refusal(f"the request is longer than {LONGEST_BODY} bytes")
            action = ACTIONS.get(self.path)
            request = json.loads(self.rfile.read(length) or b"{}")
            if action is None:
                raise Refusal(f"Eyepiece has no {self.path}")
            body, kind, name = action(self.server, request)
        except (Refusal, eyepiece.EyepieceError, KeyError, TypeError, ValueError) as error:
            text = f"{error!r}" if isinstance(error, KeyError) else f"{error}"
            # As SAMBA's server writes it, which is no JSON.
            self._answer(400, f"{{'msg': '{text}' }}".encode(), "application/json")
        else:
            self._answer(200, body, kind, name)

    def _answer(self, status: int, body: bytes, kind: str, name: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if name:
            self.send_header("Content-Disposition", f"inline; filename={name}")
        origin = self.headers["Origin"]
        if origin in self.server.origins:
            self.send_header("Access-Control-Allow-Origin", origin)
            self.send_header("Access-Control-Allow-Headers", "*")
            self.send_header("Access-Control-Allow-Methods", "*")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


Answer = tuple[bytes, str, str]
DONE: Answer = (b'{"success":true}\n', "application/json", "")
BYTES = "application/octet-stream"


def _init(server: Server, request: dict[str, Any]) -> Answer:
    server.session(request["id"])
    return DONE


def _featurising(server: Server, request: dict[str, Any]) -> Answer:
    server.session(request["id"]).featurise(request["images"], request.get("offset", 0))
    return DONE


def _delete(server: Server, request: dict[str, Any]) -> Answer:
    server.session(request["id"]).delete(request["idx"])
    return DONE


def _encoding(server: Server, request: dict[str, Any]) -> Answer:
    raise Refusal("Eyepiece has no smart labels (an embedding of Segment Anything); use the brush")


def _segmenting(server: Server, request: dict[str, Any]) -> Answer:
    return server.session(request["id"]).segment(request), BYTES, ""


def _saving(server: Server, request: dict[str, Any]) -> Answer:
    body, name = server.session(request["id"]).saved(request)
    return body, "image/tiff" if name.endswith(".tiff") else BYTES, name


def _slabel(server: Server, request: dict[str, Any]) -> Answer:
    return labels_file(request), BYTES, ""


def _lclassifier(server: Server, request: dict[str, Any]) -> Answer:
    server.session(request["id"]).load(request["bytes"])
    return b"{'foo': 'bar'}", "text/html; charset=utf-8", ""


def _save_image(server: Server, request: dict[str, Any]) -> Answer:
    # A thumbnail for the gallery, which there is none of.
    return b"", "text/html; charset=utf-8", ""


def _gallery(server: Server, request: dict[str, Any]) -> Answer:
    raise Refusal("Eyepiece has no gallery")


ACTIONS = {
    "/init": _init, "/featurising": _featurising, "/delete": _delete, "/encoding": _encoding,
    "/segmenting": _segmenting, "/saving": _saving, "/slabel": _slabel, "/lclassifier": _lclassifier,
    "/saveImage": _save_image, "/saveToGallery": _gallery, "/lgallery": _gallery,
}
