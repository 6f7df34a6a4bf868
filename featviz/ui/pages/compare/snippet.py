"""The Python that makes the present view of the Compare models page."""

from featviz.ui.inputs.snippet import images_line, load_line
from featviz.ui.pages.compare.request import ComparisonRequest

__all__ = ["compare_code"]


def compare_code(request: ComparisonRequest) -> str:
    """Compare all layers of two networks."""
    second = load_line(request.second).replace("model =", "other =", 1)
    same = request.second is request.first
    return f"""import featviz

{load_line(request.first)}
{"other = model" if same else second}
{images_line(request.whole)}
{sample_lines(request)}matrix = featviz.compare(model, other, images, measure={request.measure!r})
print(matrix.values.shape, matrix.p_values.min())
for layer, column in zip(matrix.layers_a, matrix.best):
    print(layer, matrix.layers_b[column])"""


def sample_lines(request: ComparisonRequest) -> str:
    """The lines that draw the same sample, where there is one."""
    if request.whole is request.chosen:
        return ""
    return f"""rows = sorted(numpy.random.default_rng(0).choice(len(images), {len(request.chosen)}, replace=False))
images = images.subset(rows)
"""
