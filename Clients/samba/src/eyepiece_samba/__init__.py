"""Speaks the routes of SAMBA's server on top of an Eyepiece server."""

from ._server import Server
from ._session import Session

__all__ = ["Server", "Session"]
