"""The images: reading one safely, image sets, the procedural Shapes world."""

from featviz.data.image_set import ImageSet, Sample
from featviz.data.members import Skipped
from featviz.data.reading import image_digest, read_image

__all__ = ["ImageSet", "Sample", "Skipped", "image_digest", "read_image"]
