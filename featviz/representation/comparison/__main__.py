"""`python -m featviz.representation.comparison` makes the matrix that comes with featviz."""

from __future__ import annotations

import numpy as np

from featviz.data.sets.image_set import ImageSet
from featviz.models.sources.load import load_model
from featviz.progress import finished
from featviz.representation.comparison.bundled_matrix import keep_bundled
from featviz.representation.comparison.compare import steps
from featviz.representation.comparison.execution_order import layers_with_weights
from featviz.store.store import Store

whole = ImageSet.bundled("shapes", 2000)
images = whole.subset(np.sort(np.random.default_rng(0).choice(len(whole), 400, replace=False)).tolist())
networks = [load_model(name) for name in ("shapes-resnet", "shapes-vit")]
first, second = ((each, layers_with_weights(each)) for each in networks)
matrix = finished(steps(first[0], second[0], images, store=Store(None)))
print(keep_bundled(first, second, images, matrix))
