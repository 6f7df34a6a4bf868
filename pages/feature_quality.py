"""How good the features of each layer are, network by network, held against what means nothing."""

from featviz.ui import frame, links, quality_lessons, snippets
from featviz.ui.network_input import choose_model
from featviz.ui.notices import refusals_shown
from featviz.ui.quality_files import draw_downloads
from featviz.ui.quality_input import QUALITY_KEYS, choose_quality
from featviz.ui.quality_view import draw_card, draw_depth
from featviz.ui.quality_work import draw_measured, measured
from featviz.ui.set_input import SET_KEYS, choose_set

slot = frame.heading(
    "Feature quality",
    "What the features of each layer are worth: whether classes can be told by them, how they fill their space, "
    "whether they stay when the picture is disturbed.",
)
model = choose_model()
chosen = choose_set()

with refusals_shown():
    wish = choose_quality(model, chosen)
    if draw_measured(wish, draw_depth):
        cards = measured(wish)
        draw_card(cards)
        draw_downloads(cards)

frame.lesson("What makes features good, and what do the numbers not say?", quality_lessons.QUALITY)
frame.python(snippets.quality_code(wish))
links.publish(slot, *SET_KEYS, *QUALITY_KEYS)
