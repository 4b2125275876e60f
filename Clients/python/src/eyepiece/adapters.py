"""A server of JSON, for programs that ask Eyepiece in the words of others."""

from __future__ import annotations

import http.server
import json
import traceback
from email.message import Message
from typing import Any

from ._errors import Problem

LONGEST_BODY = 1 << 28


class Refusal(Exception):
    """What cannot be done, why, and the status that says so."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class JSONServer(http.server.ThreadingHTTPServer):
    """Answers requests by `act`; what fails is told under `error`."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address, _Handler)

    def act(
        self, method: str, path: str, headers: Message[str, str], request: Any
    ) -> tuple[int, Any]:
        """A status and a document; `request` is the body's, None of a GET."""
        raise Refusal(404, f"there is no {path}")


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: JSONServer

    def do_GET(self) -> None:
        self._answer(*self._act("GET"))

    def do_POST(self) -> None:
        self._answer(*self._act("POST"))

    def _act(self, method: str) -> tuple[int, Any]:
        try:
            request = None if method == "GET" else self._request()
            return self.server.act(method, self.path, self.headers, request)
        except Refusal as refusal:
            return refusal.status, {"error": str(refusal)}
        except Problem as problem:
            return problem.status if problem.status < 500 else 502, {"error": str(problem)}
        except Exception as error:
            traceback.print_exc()
            return 500, {"error": f"{type(error).__name__}: {error}"}

    def _request(self) -> Any:
        length = self.headers["Content-Length"] or "0"
        if not length.isdecimal() or self.headers["Transfer-Encoding"]:
            self.close_connection = True
            raise Refusal(411, "the request does not say how long it is")
        if int(length) > LONGEST_BODY:
            self.close_connection = True
            raise Refusal(413, f"the request is longer than {LONGEST_BODY} bytes")
        try:
            return json.loads(self.rfile.read(int(length)) or b"{}")
        except (ValueError, RecursionError) as error:
            raise Refusal(400, f"the request is no JSON: {error}") from error

    def _answer(self, status: int, document: Any) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass
