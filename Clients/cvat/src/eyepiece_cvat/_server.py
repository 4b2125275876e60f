"""What CVAT asks of a nuclio dashboard: which functions there are, and one's answer."""

from __future__ import annotations

import urllib.parse
from collections.abc import Sequence
from email.message import Message
from typing import Any

from eyepiece.adapters import JSONServer, Refusal

from ._functions import Function

FUNCTIONS = "/api/functions"


class Server(JSONServer):
    def __init__(self, address: tuple[str, int], functions: Sequence[Function]) -> None:
        super().__init__(address)
        self.functions = {function.name: function for function in functions}
        if len(self.functions) < len(functions):
            raise ValueError(f"two functions have one name: {', '.join(one.name for one in functions)}")

    def act(
        self, method: str, path: str, headers: Message[str, str], request: Any
    ) -> tuple[int, Any]:
        path = urllib.parse.unquote(path.partition("?")[0]).rstrip("/")
        port = self.server_address[1]
        if method == "GET" and path == FUNCTIONS:
            return 200, {name: one.record(port) for name, one in self.functions.items()}
        if method == "GET" and path.startswith(f"{FUNCTIONS}/"):
            return 200, self._function(path.removeprefix(f"{FUNCTIONS}/")).record(port)
        if method == "POST" and path == "/api/function_invocations":
            function = self._function(headers.get("x-nuclio-function-name", ""))
            if not isinstance(request, dict):
                raise Refusal(400, "the request is no object")
            return 200, function(request)
        if method == "POST" and path == "":
            raise Refusal(404, "functions are called through the dashboard: CVAT_NUCLIO_INVOKE_METHOD=dashboard")
        raise Refusal(404, f"there is no {path}")

    def _function(self, name: str) -> Function:
        if name not in self.functions:
            raise Refusal(404, f"there is no function {name!r}, but {', '.join(self.functions)}")
        return self.functions[name]
