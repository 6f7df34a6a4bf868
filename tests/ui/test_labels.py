from streamlit.testing.v1 import AppTest


def _page() -> None:
    from featviz import Prediction, load_model
    from featviz.ui.pages.network.view import draw_predictions

    hostile = "![seen](//elsewhere/x.png) [click](//elsewhere) **loud**"
    draw_predictions(load_model("digits-cnn"), [Prediction(hostile, 0, 1.0)], None)


def test_a_class_name_out_of_a_visitors_file_is_shown_letter_by_letter() -> None:
    app = AppTest.from_function(_page, default_timeout=60).run()
    assert not app.exception
    said = app.markdown[0].value
    assert r"!\[seen\]" in said, "a bracket behind a backslash opens no picture and no link"
    assert "[seen](" not in said
    assert r"\*\*loud\*\*" in said


def _one_logit() -> None:
    import torch
    from torch import nn

    from featviz import wrap_model
    from featviz.ui.pages.network.view import draw_predictions

    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 1))
    nn.init.zeros_(network[1].weight)
    network[1].bias.data.fill_(-2.3635)
    model = wrap_model(network, name="one", transform=lambda _: torch.zeros(3, 2, 2), input_size=2)
    draw_predictions(model, model.predict(torch.zeros(1, 3, 2, 2))[0], None)


def test_of_one_logit_the_likelier_of_yes_and_no_is_the_prediction() -> None:
    app = AppTest.from_function(_one_logit, default_timeout=60).run()
    assert not app.exception
    assert app.markdown[0].value == "**Prediction: not class 0**"
    assert "one output: a logit" in app.caption[0].value
