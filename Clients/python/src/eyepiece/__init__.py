"""High-resolution vision-transformer features of micrographs, from an Eyepiece server.

    import eyepiece
    field = eyepiece.Client().field("steel.tif")
    colours = field.pca()
    result = field.segment(labels)
"""

from ._classifier import Classifier, ClassifierFile
from ._client import PALETTE, Client
from ._errors import EyepieceError, Problem, Unreachable
from ._field import Field, Sample, Segmentation

__version__ = "0.1.0"
__all__ = [
    "Classifier", "ClassifierFile", "Client", "EyepieceError", "Field", "PALETTE", "Problem",
    "Sample", "Segmentation", "Unreachable", "__version__",
]
