"""Trainable segmentation of micrographs in napari, on features of an Eyepiece server."""

from ._widget import EyepieceWidget

__all__ = ["EyepieceWidget"]
