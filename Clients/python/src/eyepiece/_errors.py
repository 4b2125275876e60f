"""What can go wrong, as exceptions."""

from __future__ import annotations

import json
from typing import Any, Optional


class EyepieceError(Exception):
    """Any failure of a request."""


class Unreachable(EyepieceError):
    """No answer came: there is no server, it went away, or the time was up."""

    def __init__(self, url: str, reason: BaseException) -> None:
        super().__init__(f"no answer from {url}: {reason or type(reason).__name__}")
        self.url = url


class Problem(EyepieceError):
    """A refusal of the server (RFC 9457): which, why, and what would be allowed."""

    def __init__(self, status: int, members: dict[str, Any], retry_after: Optional[float] = None):
        self.status = status
        # The kind of problem, such as `no-such-field`.
        self.name = str(members.get("type", "")).rsplit("/", 1)[-1] or f"status-{status}"
        self.title = str(members.get("title", f"HTTP status {status}"))
        self.detail = str(members.get("detail", ""))
        # The limit that was passed and the setting that holds it, where there is one.
        self.limit: Optional[float] = members.get("limit")
        self.setting: Optional[str] = members.get("setting")
        # The request's name in the server's log.
        self.instance: Optional[str] = members.get("instance")
        self.retry_after = retry_after
        self.members = members
        text = f"{self.title}: {self.detail}"
        for place in members.get("places", [])[:1]:
            text += f"; place {place.get('place')}: {place.get('detail')}"
        super().__init__(f"{text} ({status}, {self.name})")

    @classmethod
    def of(cls, status: int, retry_after: Optional[str], body: bytes) -> "Problem":
        """Reads an answer, which need not come from Eyepiece: a proxy may have made it."""
        try:
            members = json.loads(body)
        except ValueError:
            members = {"detail": body[:300].decode("utf-8", "replace").strip()}
        if not isinstance(members, dict):
            members = {"detail": str(members)}
        seconds = float(retry_after) if retry_after and retry_after.isdigit() else None
        return cls(status, members, seconds)
