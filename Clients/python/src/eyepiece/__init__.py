"""High-resolution vision-transformer features of micrographs, from an Eyepiece server.

    import eyepiece
    field = eyepiece.Client().field("steel.tif")
    colours = field.pca()
    result = field.segment(labels)
"""

from ._analysis import Centroids, Clusters, JointClusters, Matches
from ._classifier import Classifier, ClassifierFile
from ._client import PALETTE, Client
from ._errors import EyepieceError, Problem, Unreachable
from ._field import Field, Sample
from ._jobs import Batch, Job
from ._segmentation import Segmentation

__version__ = "0.1.0"
__all__ = [
    "Batch", "Centroids", "Classifier", "ClassifierFile", "Client", "Clusters", "EyepieceError",
    "Field", "Job", "JointClusters", "Matches", "PALETTE", "Problem", "Sample", "Segmentation",
    "Unreachable", "__version__",
]
