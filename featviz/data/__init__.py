"""The images: reading one safely, image sets, the procedural Shapes world."""

from featviz.data.images.reading import image_digest, read_image
from featviz.data.sets import bundled
from featviz.data.sets.image_set import ImageSet, Sample
from featviz.data.sets.listing import Skipped

__all__ = ["ImageSet", "Sample", "Skipped", "bundled", "image_digest", "read_image"]
