import torch
from PIL import Image

from featviz.models.wrapping import wrap_model
from featviz.ui.state import features, feedback
from featviz.ui.state.chosen_image import ChosenImage
from featviz.ui.state.features import predictions


class _Quiet:
    def caption(self, _text: str) -> None: ...

    def empty(self) -> None: ...


def test_predictions_carry_the_class_names_of_their_own_network(monkeypatch) -> None:
    monkeypatch.setitem(feedback.st.session_state, feedback._STATUS_SLOT, _Quiet())
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 2))
    torch.nn.init.constant_(network[1].weight, 0)
    network[1].bias.data = torch.tensor([0.0, 9.0])
    picture = ChosenImage("test/names", Image.new("RGB", (2, 2)), None)
    named = [
        wrap_model(network, name="n", transform=lambda _: torch.zeros(3, 2, 2), classes=names, input_size=2)
        for names in (["same", "mine"], ["same", "yours"])
    ]
    assert [predictions(model, picture)[0].label for model in named] == ["mine", "yours"]
    features.FEATURES.clear()
