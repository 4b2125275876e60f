"""The routes that Label Studio asks."""

from __future__ import annotations

import http.server
import json
import traceback
from typing import Any

from ._backend import Backend
from ._config import Config

LONGEST_BODY = 1 << 28
LEARNT = ("ANNOTATION_CREATED", "ANNOTATIONS_CREATED", "ANNOTATION_UPDATED", "ANNOTATIONS_DELETED")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], backend: Backend) -> None:
        super().__init__(address, Handler)
        self.backend = backend


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        if self.path in ("/", "/health"):
            self._answer(200, {"status": "UP", "model_class": "Eyepiece"})
        elif self.path == "/versions":
            versions = [self.server.backend.version(one) for one in self.server.backend.projects.values()]
            self._answer(200, {"versions": versions})
        else:
            self._answer(404, {"error": f"there is no {self.path}"})

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"] or 0)
        if length > LONGEST_BODY:
            self.close_connection = True
            self._answer(413, {"error": f"the request is longer than {LONGEST_BODY} bytes"})
            return
        try:
            request = json.loads(self.rfile.read(length) or b"{}")
            self._answer(*self._act(request))
        except Exception as error:
            # Label Studio shows what is under `error`.
            traceback.print_exc()
            self._answer(500, {"error": f"{type(error).__name__}: {error}"})

    def _act(self, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        backend = self.server.backend
        if self.path == "/predict":
            return 200, {"results": backend.predict(request)}
        if self.path == "/setup":
            project = backend.project(request.get("project"), Config.of(request["schema"]))
            return 200, {"model_version": backend.version(project)}
        if self.path == "/webhook":
            if request.get("action") in LEARNT:
                return 201, {"learnt": backend.learn(request)}
            return 200, {"learnt": False}
        if self.path in ("/validate", "/train", "/delete", "/job_status", "/duplicate_model"):
            return 200, {}
        return 404, {"error": f"there is no {self.path}"}

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass
