"""Eyepiece's features for interactive-seg-backend: a function for its `custom_fns`.

    from eyepiece_isb import eyepiece_features
    features = featurise(image, config, custom_fns=[(eyepiece_features(components=32), False)])
"""

from __future__ import annotations

from typing import Any, Callable, Optional

import eyepiece
import numpy as np


def eyepiece_features(
    url: Optional[str] = None, components: Optional[int] = None, dtype: str = "float32",
    quality: str = "draft", **options: Any,
) -> Callable[[np.ndarray, Any], np.ndarray]:
    """A function of an image and a configuration that gives `[h, w, channels]`.

    The image is `[h, w]`, `[1, h, w]`, `[h, w, 1]` or `[h, w, 3]`, as that library has them, in the
    memory of the CPU (`False` beside the function). 384 channels are 1.5 kB a pixel; `components`
    are the first principal ones instead.
    """
    client = eyepiece.Client(url)

    def featurise(image: np.ndarray, config: Any = None) -> np.ndarray:
        picture = np.asarray(image)
        if picture.ndim == 3 and picture.shape[0] == 1:
            picture = picture[0]
        elif picture.ndim == 3 and picture.shape[2] == 1:
            picture = picture[..., 0]
        field = client.field(picture, quality=quality, **options)
        return field.features(components=components, dtype=dtype)

    return featurise
