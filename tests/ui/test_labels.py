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
