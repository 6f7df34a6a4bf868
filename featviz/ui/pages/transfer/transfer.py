"""What a network learned elsewhere is worth where labels are few."""

import streamlit as st

from featviz.analysis.bundled_transfer import TRANSFERS, bundled_transfer
from featviz.ui.app import address, frame
from featviz.ui.app.lessons import page_lesson
from featviz.ui.app.subject import draw_subject
from featviz.ui.inputs.image_set import choose_set
from featviz.ui.inputs.network import choose_model
from featviz.ui.pages.transfer.controls import choose_example, choose_transfer
from featviz.ui.pages.transfer.snippet import transfer_code
from featviz.ui.pages.transfer.tasks import POLICY, transfer_task
from featviz.ui.pages.transfer.view import draw_transfer
from featviz.ui.pages.transfer.view_state import OWN, VIEW
from featviz.ui.state.feedback import show_errors
from featviz.ui.state.live import live

slot = frame.heading(
    "Transfer",
    "What a network has learned elsewhere is worth where labels are few: its features as they are, fine-tuned, and a "
    "network from scratch.",
)
model = choose_model()
chosen = choose_set()
draw_subject(model, chosen)

with show_errors():
    example = choose_example()
    if example == OWN:
        request = choose_transfer(model, chosen)
        live(transfer_task(request), draw_transfer, policy=POLICY, offer="Measure")
    else:
        st.caption(
            f"{TRANSFERS[example].description} Measured before: three seeds, 80 steps of each approach."
        )
        draw_transfer(bundled_transfer(example))
    frame.python(transfer_code(model, chosen))

frame.lesson("Why features can be used again", page_lesson("transfer"))
address.publish(slot, VIEW)
