"""The Python that makes the present view of the Feature quality page."""

from featviz.ui.inputs.snippet import READ_UPLOADED, images_line, load_line
from featviz.ui.pages.feature_quality.controls import QualityRequest

__all__ = ["quality_code"]


def quality_code(request: QualityRequest) -> str:
    """Evaluate the features of some layers."""
    network = request.networks[0]
    if network.model is None:
        return f"""{READ_UPLOADED}

from featviz.representation.quality import report

for measurement in report(embeddings).measurements.values():
    print(measurement.sentence)"""
    code = f"""import featviz
from featviz.representation.quality import through_depth

{load_line(network.model)}
{images_line(request.chosen)}
layers = {network.poolings!r}  # each with its pooling
for step in through_depth(model, images, layers, disturbed={request.disturbed}):
    print(step.done, step.total, step.note)
for layer, card in step.result.items():
    print(layer, card["knn_accuracy"].sentence)"""
    return "\n".join([code, *_hand_made_lines(request)])


def _hand_made_lines(request: QualityRequest) -> list[str]:
    descriptors = [each for network in request.networks for each in network.descriptors.values()]
    if not descriptors:
        return []
    return [
        "",
        "from featviz.representation.quality import report",
        "",
        f"for descriptor in {descriptors!r}:",
        "    card = report(featviz.describe(images, descriptor))",
        '    print(descriptor, card["knn_accuracy"].sentence)',
    ]
