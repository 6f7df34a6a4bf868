"""A page with nothing but the drawing of an architecture; the network comes from the link."""

import streamlit as st
import torch
from torchvision.models import get_model

from featviz.explain.architecture.blocks import blocks, parameters_outside
from featviz.models.layers import Layer
from featviz.models.networks.bundled import ShapesResNet, ShapesViT
from featviz.ui.components.architecture.architecture import architecture_drawing
from tests.toys import listed

st.set_page_config(layout="wide")
SMALL = {"shapes-resnet": ShapesResNet, "shapes-vit": ShapesViT}


@st.cache_data(max_entries=8)
def layers_of(name: str) -> tuple[tuple[Layer, ...], int]:
    """The layers of a network and how many parameters it has."""
    network = SMALL[name]() if name in SMALL else get_model(name, weights=None)
    side = 64 if name in SMALL else 224
    layers = listed(network.eval(), torch.zeros(1, 3, side, side))
    return layers, sum(parameter.numel() for parameter in network.parameters())


def choose(layer: str) -> None:
    st.session_state["chosen"] = layer
    st.session_state["picks"] = st.session_state.get("picks", 0) + 1


name = st.query_params.get("network", "shapes-resnet")
layers, total = layers_of(name)
drawn = blocks(layers)
side = 64 if name in SMALL else 224
returned = architecture_drawing(
    drawn,
    selected=st.session_state.get("chosen", st.query_params.get("selected")),
    key="drawing",
    on_select=choose,
    input_shape=(3, side, side),
    classes=layers[-1].channels,
    outside=parameters_outside(drawn, total),
    title="a/network",
)
st.text(
    f"chosen {st.session_state.get('chosen')} returned {returned} picks {st.session_state.get('picks', 0)}"
)
st.button("Run again")
