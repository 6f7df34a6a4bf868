"""The contact sheet of the README: every attribution method on two photographs, by SqueezeNet 1.1's real weights.

python -m tests.contact_sheet WEIGHTS
"""

import sys

import numpy as np
import skimage
from PIL import Image

from featviz import attribute, load_model
from featviz.errors import FeatvizError
from featviz.explain.attribution.registry import METHODS
from featviz.models.model import Model
from featviz.render import COLORMAPS
from featviz.render.heatmap_overlay import heatmap_overlay
from featviz.render.normalization import shared_scale
from featviz.render.sheet import sheet
from tests.serving import ROOT

PICTURES = {"tabby": skimage.data.chelsea(), "espresso": skimage.data.coffee()}
FILE = ROOT / "assets" / "screenshots" / "attribution_methods.jpg"
OPTIONS: dict[str, dict[str, object]] = {"rise": {"masks": 2000}, "kernel_shap": {"samples": 1000}}
TILE, ACROSS = 168, 6


def drawn(model: Model, name: str, method: str) -> np.ndarray | None:
    """A method's map over the picture as the network sees it; None where it is refused."""
    x = model.preprocess(Image.fromarray(PICTURES[name]))
    seen = x[0].numpy().transpose(1, 2, 0) * model.transform.std + model.transform.mean  # type: ignore[attr-defined]
    pixels = np.uint8(np.clip(seen, 0, 1) * 255)
    try:
        found = attribute(model, x, method, target=name, **OPTIONS.get(method, {}))
    except FeatvizError as error:
        sys.stdout.write(f"{method}: {error}\n")
        return None
    scale = shared_scale(found.map, symmetric=True, percentile=99)
    return heatmap_overlay(pixels, found.map, scale, COLORMAPS["blue_white_red"], 0.75)


def main(weights: str) -> None:
    """Draw all methods, six in a row, and keep the picture."""
    model = load_model("torchvision/squeezenet1_1", weights=weights)
    for name, picture in PICTURES.items():
        first = model.predict(model.preprocess(Image.fromarray(picture)))[0][0]
        sys.stdout.write(f"{name}: {first.label}, {first.probability:.0%}\n")
    tiles = {each.id: [drawn(model, name, each.id) for name in PICTURES] for each in METHODS}
    shown = [method for method, pictures in tiles.items() if any(each is not None for each in pictures)]
    parts = []
    for start in range(0, len(shown), ACROSS):
        row = [*shown[start : start + ACROSS], *[""] * ACROSS][:ACROSS]
        pictures = [[tiles[method][number] if method else None for method in row] for number in range(2)]
        heads = [METHODS[method].name if method else "" for method in row]
        parts.append(sheet(pictures, rows=list(PICTURES), columns=heads, tile=TILE))
    Image.fromarray(np.concatenate(parts)).save(FILE, quality=88)


if __name__ == "__main__":
    main(sys.argv[1])
