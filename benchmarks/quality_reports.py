"""The reports that come with the project, as the page would make them on a first visit.

python -m benchmarks.quality_reports [NETWORK ...]
"""

import sys

from featviz import load_model
from featviz.data.sets.image_set import ImageSet
from featviz.data.sets.registry import BUNDLED_SETS
from featviz.models.sources.bundled import BUNDLED
from featviz.progress import finished
from featviz.representation.extraction.feature_layer import default_pooling
from featviz.representation.quality import through_depth
from featviz.store.store import Store
from featviz.ui.pages.feature_quality.bundled_reports import save_report
from featviz.ui.pages.feature_quality.controls import main_layers

WEIGHTS = ("default", "random")


def main() -> None:
    """Make the report of each bundled network, trained and random, on the set that it was trained on."""
    for name in sys.argv[1:] or BUNDLED:
        for weights in WEIGHTS:
            model = load_model(name, weights=weights)
            set_name = model.card.suits
            images = ImageSet.bundled(set_name, BUNDLED_SETS[set_name].shown)
            layers = {layer: default_pooling(model.layer(layer)) for layer in main_layers(model)}
            cards = finished(through_depth(model, images, layers, store=Store(None)))
            file = save_report(model, f"{set_name} {len(images)}", cards)
            sys.stdout.write(
                f"{model.name}, {model.weights}: {len(cards)} layers, {file.stat().st_size:,} bytes\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
