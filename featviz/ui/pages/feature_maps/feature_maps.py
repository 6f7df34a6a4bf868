"""What every channel of a layer makes of the image."""

from functools import partial

import streamlit as st

from featviz.explain.features.depth import opening_layer
from featviz.ui.app import address, frame
from featviz.ui.app.lessons import page_lesson
from featviz.ui.app.subject import draw_subject
from featviz.ui.inputs.comparison.matched_layer import choose_matched_layer
from featviz.ui.inputs.display import choose_look
from featviz.ui.inputs.file_download import subject_parts
from featviz.ui.inputs.image import choose_image
from featviz.ui.inputs.layer import choose_layer, layers_beside
from featviz.ui.inputs.network import choose_model
from featviz.ui.inputs.page_links import draw_channel_links
from featviz.ui.inputs.second_network import choose_second
from featviz.ui.pages.feature_maps.compared import compared_layers, draw_compared
from featviz.ui.pages.feature_maps.depth_strip import draw_depth_strips
from featviz.ui.pages.feature_maps.layout import draw_layers
from featviz.ui.pages.feature_maps.maps import opened_maps, take_up_unit, unit_of
from featviz.ui.pages.feature_maps.snippet import feature_maps_code
from featviz.ui.pages.feature_maps.view_state import VIEW
from featviz.ui.state.chosen_image import input_pixels
from featviz.ui.state.features import layer_maps
from featviz.ui.state.feedback import show_errors

slot = frame.heading(
    "Feature maps",
    "Each tile is one channel of a layer: its activation at each position of the image.",
)
model = choose_model()
image = choose_image(model, here=VIEW.name)
draw_subject(model, image)

with show_errors():
    strip = st.container()
    chooser, companion, other = st.columns([3, 2, 2], gap="medium")
    take_up_unit(model)
    with chooser:
        layer = choose_layer(model, opening_layer(model.layers).name, here=VIEW.name)
    second = choose_second(model, other, optional=True)
    with companion:
        if second is None:
            shown = (layer, *layers_beside(model, layer))
        else:
            matched = choose_matched_layer(model, layer, second)
    look = choose_look("channel" if second is None else "shared")
    with strip:
        draw_depth_strips(model, second, image, look)

    if second is None:
        compared = None
        maps = [layer_maps(model, image, name)[name] for name in shown]
        unit = unit_of(opened_maps(maps))
    else:
        compared = compared_layers(model, layer, second, matched, image)
        unit = unit_of(compared.maps[0])
    links = partial(draw_channel_links, model, unit, here=VIEW.name)
    if compared is not None:
        draw_compared(compared, look, image, links=links)
    else:
        about = subject_parts(model, image=image)
        draw_layers(maps, look, input_pixels(model, image), about=about, classes=model.classes, links=links)

frame.lesson("What is a feature map?", page_lesson("feature_maps"))
frame.python(feature_maps_code(model, image, unit.layer, unit.channel, compared))
address.publish(slot, VIEW)
