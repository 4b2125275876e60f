"""The function is called as interactive-seg-backend calls its `custom_fns`."""

import pathlib
import sys

import numpy as np
import pytest
from pictures import micrograph

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))

from eyepiece_isb import eyepiece_features


@pytest.mark.parametrize("shape", [(64, 96), (1, 64, 96), (64, 96, 1), (64, 96, 3)])
def test_images_of_its_shapes_get_channels_last(server, shape):
    picture = micrograph()
    image = np.stack([picture] * 3, axis=-1) if shape[-1] == 3 else picture.reshape(shape)
    own = np.zeros((64, 96, 5), np.float32)
    features = np.concatenate([own, eyepiece_features(server.url, components=4)(image, object())], axis=-1)
    assert features.shape == (64, 96, 9) and features.dtype == np.float32
    assert features[..., 5:].std() > 0


def test_all_channels_come_where_no_components_are_asked_for(server):
    features = eyepiece_features(server.url, dtype="float16")(micrograph(), None)
    assert features.ndim == 3 and features.dtype == np.float16
    assert features.flags.c_contiguous
