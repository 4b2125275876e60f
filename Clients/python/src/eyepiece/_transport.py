"""Requests over kept connections, repeated when the server says when."""

from __future__ import annotations

import contextlib
import http.client
import ssl
import threading
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import Optional, Union

from ._errors import Problem, Unreachable

Headers = Mapping[str, str]


class Answer:
    """A whole answer."""

    def __init__(self, status: int, headers: http.client.HTTPMessage, body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body


class Transport:
    """Connections to one server; threads may share it.

    A request that is answered with 429 or 503 and `Retry-After` is sent again then, as long as
    all waits together stay below `patience` seconds.
    """

    def __init__(
        self, url: str, token: Optional[str], timeout: float, patience: float,
        context: Optional[ssl.SSLContext],
    ) -> None:
        parts = urllib.parse.urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no address such as http://localhost:8471")
        self.url = f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")
        self._parts, self._base = parts, parts.path.rstrip("/")
        self._timeout, self._patience, self._context = timeout, patience, context
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def request(
        self, method: str, path: str, query: str = "", body: Optional[bytes] = None,
        headers: Optional[Headers] = None,
    ) -> Answer:
        """Sends a request and reads its answer; a refusal is raised as a `Problem`."""
        with self.open(method, path, query, body, headers) as response:
            try:
                data = response.read()
            except (OSError, http.client.HTTPException) as error:
                raise Unreachable(self.url, error) from error
            return Answer(response.status, response.headers, data)

    @contextlib.contextmanager
    def open(
        self, method: str, path: str, query: str = "", body: Optional[bytes] = None,
        headers: Optional[Headers] = None,
    ) -> Iterator[http.client.HTTPResponse]:
        """Sends a request and gives the answer to be read inside a `with`."""
        target = self._base + path + (f"?{query}" if query else "")
        waited = 0.0
        while True:
            connection, response = self._send(method, target, body, {**self._headers, **(headers or {})})
            if response.status < 400:
                break
            try:
                text = response.read(1 << 20)
            except (OSError, http.client.HTTPException):
                text = b""
            self._release(connection, response)
            problem = Problem.of(response.status, response.headers["Retry-After"], text)
            wait = problem.retry_after
            if problem.status not in (429, 503) or wait is None or waited + wait > self._patience:
                raise problem
            time.sleep(wait)
            waited += max(wait, 0.1)
        try:
            yield response
        finally:
            self._release(connection, response)

    def _send(
        self, method: str, target: str, body: Optional[bytes], headers: Headers
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        while True:
            with self._lock:
                kept = self._idle.pop() if self._idle else None
            connection = kept or self._connection()
            try:
                try:
                    connection.request(method, target, body, dict(headers))
                except (BrokenPipeError, ConnectionResetError):
                    if kept:
                        raise
                    # The server may have refused, and told so, before it read the body.
                return connection, connection.getresponse()
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                # A kept connection may have been closed meanwhile. Equal requests have equal
                # effects here, so that it does no harm to send one twice.
                if kept and isinstance(error, (ConnectionError, http.client.BadStatusLine)):
                    continue
                raise Unreachable(self.url, error) from error

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            context = self._context or ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=self._timeout, context=context)
        return http.client.HTTPConnection(host, port, timeout=self._timeout)

    def _release(
        self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse
    ) -> None:
        if response.isclosed() and not response.will_close:
            with self._lock:
                self._idle.append(connection)
        else:
            response.close()
            connection.close()


def query(options: Mapping[str, object]) -> str:
    """Options as a query; `None` is left out, and `for_` is `for`."""
    pairs = [(name.rstrip("_"), option(value)) for name, value in options.items() if value is not None]
    return urllib.parse.urlencode(pairs, safe=",;:-.", quote_via=urllib.parse.quote)


def option(value: Union[object, str]) -> str:
    """An option's text: `(0, 0, 256, 256)` as `0,0,256,256`, and `[[3, 7], [5, 4]]` as `3,7;5,4`."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    # A field, or a classifier.
    if isinstance(getattr(value, "id", None), str):
        return str(getattr(value, "id"))
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        nested = any(isinstance(part, (list, tuple)) for part in value)
        return (";" if nested else ",").join(map(option, value))
    return str(value)
