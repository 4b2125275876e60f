"""Eyepiece as functions of CVAT's, in place of a nuclio dashboard."""

from ._functions import Function, Interactor, Objects, Segmenter
from ._server import Server

__all__ = ["Function", "Interactor", "Objects", "Segmenter", "Server"]
