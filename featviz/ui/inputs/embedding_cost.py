"""How long embedding a set will take, known before it runs."""

from __future__ import annotations

import os
import time

from featviz.errors import FeatvizError
from featviz.explain.attribution.cost import seconds_a_pass
from featviz.ui.inputs.embedding import EmbeddingRequest
from featviz.ui.state.cache import FEATURES

__all__ = ["expected_seconds"]

_READERS = max(1, min(8, (os.cpu_count() or 2) - 1))
_TRIED = 4
_BYTES = 64


def expected_seconds(request: EmbeddingRequest) -> float:
    """Seconds for all images, from a few of them and two passes; measured once for a network and a set."""
    images = request.chosen.images
    if images is None or not len(images):
        return 0.0
    key = ("pace", request.model.fingerprint, str(request.model.device), request.chosen.content)
    pace = FEATURES.compute(key, lambda: _pace(request), lambda _: _BYTES)
    return pace * len(images)


def _pace(request: EmbeddingRequest) -> float:
    """Seconds for one image: reading goes on beside computing, so the slower of the two counts."""
    model, images = request.model, request.chosen.images
    assert images is not None  # noqa: S101 - the caller has looked
    seconds, x = [], None
    for index in range(min(_TRIED, len(images))):
        began = time.perf_counter()
        try:
            x = model.preprocess(images[index].image)
        except FeatvizError:
            continue
        seconds.append(time.perf_counter() - began)
    # The quickest: the first one pays for what is loaded late.
    return 0.0 if x is None else max(min(seconds) / _READERS, seconds_a_pass(model, x))
