import pytest
from streamlit.testing.v1 import AppTest

from featviz.ui.state.feedback import escape_markdown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("A plain sentence: it stays as it is, 3 of 4.", "A plain sentence: it stays as it is, 3 of 4."),
        ("![](http://tracker)", r"!\[\](http://tracker)"),
        (":red[**bold**] $x$", r"\:red\[\*\*bold\*\*\] \$x\$"),
        ("num_batches_tracked", r"num\_batches\_tracked"),
        (r"a\*b", r"a\\\*b"),
    ],
)
def test_markdown_in_a_name_is_shown_and_not_obeyed(text: str, shown: str) -> None:
    assert escape_markdown(text) == shown


def refused() -> None:
    from featviz.errors import BadCheckpoint
    from featviz.ui.state.feedback import show_errors

    with show_errors():
        raise BadCheckpoint("![pixel](http://tracker/a.png) is not part of it.")


def test_a_refusal_shows_no_picture_that_a_file_names() -> None:
    app = AppTest.from_function(refused).run()
    assert app.error[0].value.startswith(r"!\[pixel\](")
