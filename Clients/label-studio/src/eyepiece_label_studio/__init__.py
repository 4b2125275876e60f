"""Eyepiece as a machine-learning backend of Label Studio."""

from ._backend import Backend
from ._brush import decoded, encoded
from ._server import Server

__all__ = ["Backend", "Server", "decoded", "encoded"]
