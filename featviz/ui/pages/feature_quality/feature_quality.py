"""How good the features of each layer are, network by network, held against what means nothing."""

from featviz.ui.app import address, frame
from featviz.ui.app.lessons import page_lesson
from featviz.ui.app.subject import draw_subject
from featviz.ui.inputs.image_set import choose_set
from featviz.ui.inputs.network import choose_model
from featviz.ui.pages.feature_quality.controls import choose_quality
from featviz.ui.pages.feature_quality.files import draw_downloads
from featviz.ui.pages.feature_quality.learning import draw_learning
from featviz.ui.pages.feature_quality.snippet import quality_code
from featviz.ui.pages.feature_quality.tasks import draw_measured, measured
from featviz.ui.pages.feature_quality.view import draw_card, draw_depth
from featviz.ui.pages.feature_quality.view_state import VIEW
from featviz.ui.state.feedback import show_errors

slot = frame.heading(
    "Feature quality",
    "What the features of each layer are worth: whether classes can be told by them, how they fill their space, "
    "whether they stay when the image is corrupted.",
)
model = choose_model()
chosen = choose_set()
draw_subject(model, chosen)

with show_errors():
    request = choose_quality(model, chosen)
    if draw_measured(request, draw_depth):
        cards = measured(request)
        draw_learning(cards)
        draw_card(cards)
        draw_downloads(cards)

frame.lesson("What makes features good, and what do the numbers not say?", page_lesson("feature_quality"))
frame.python(quality_code(request))
address.publish(slot, VIEW)
