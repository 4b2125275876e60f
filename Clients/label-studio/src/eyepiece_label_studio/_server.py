"""The routes that Label Studio asks."""

from __future__ import annotations

from email.message import Message
from typing import Any

from eyepiece.adapters import JSONServer, Refusal

from ._backend import Backend
from ._config import Config

LEARNT = ("ANNOTATION_CREATED", "ANNOTATIONS_CREATED", "ANNOTATION_UPDATED", "ANNOTATIONS_DELETED")


class Server(JSONServer):
    def __init__(self, address: tuple[str, int], backend: Backend) -> None:
        super().__init__(address)
        self.backend = backend

    def act(
        self, method: str, path: str, headers: Message[str, str], request: Any
    ) -> tuple[int, dict[str, Any]]:
        return self._told(path) if method == "GET" else self._done(path, request)

    def _told(self, path: str) -> tuple[int, dict[str, Any]]:
        if path in ("/", "/health"):
            return 200, {"status": "UP", "model_class": "Eyepiece"}
        if path == "/versions":
            versions = [self.backend.version(one) for one in self.backend.projects.values()]
            return 200, {"versions": versions}
        raise Refusal(404, f"there is no {path}")

    def _done(self, path: str, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if path == "/predict":
            return 200, {"results": self.backend.predict(request)}
        if path == "/setup":
            project = self.backend.project(request.get("project"), Config.of(request["schema"]))
            return 200, {"model_version": self.backend.version(project)}
        if path == "/webhook":
            if request.get("action") in LEARNT:
                return 201, {"learnt": self.backend.learn(request)}
            return 200, {"learnt": False}
        if path in ("/validate", "/train", "/delete", "/job_status", "/duplicate_model"):
            return 200, {}
        raise Refusal(404, f"there is no {path}")
