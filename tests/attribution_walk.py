"""Every attribution method and every check on the page, network by network: what is drawn and what is refused.

python -m tests.attribution_walk [NETWORK ...]

Methods run with few samples; all checks run for two maps of each network. torchvision's networks have random weights.
The command ends with an error if the page shows one, or if a map or a check is neither there nor refused.
"""

import argparse
import sys
import time

from streamlit.testing.v1 import AppTest

from featviz.explain.attribution.attribute import Attribution
from featviz.explain.attribution.registry import METHODS
from featviz.explain.evaluation.check import CHECKS, Finding
from featviz.ui.pages.attribution import tasks
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.jobs import end_all
from featviz.ui.state.tasks import Refusal
from tests.test_pages import assert_sound, open_page

TORCHVISION = ("resnet18", "vgg16", "efficientnet_b0", "vit_b_16", "swin_t")
NETWORKS = ("shapes-resnet", "shapes-vit", *(f"torchvision/{name}" for name in TORCHVISION))
FEW = ";".join(
    [
        *(f"{method}.samples=3" for method in ("smoothgrad", "expected_gradients", "gradient_shap")),
        *(f"{method}.{option}" for method in ("lime", "kernel_shap") for option in ("samples=20", "cells=2")),
        *("integrated_gradients.steps=4", "rise.masks=8", "occlusion.window=64", "occlusion.stride=64"),
    ]
)
TOGETHER = 6
CHECKED = ("grad_cam", "edges")
PATIENCE = 1800.0


def finished(app: AppTest, *, checks: bool) -> AppTest:
    """Approve what waits for a word, and run the page until nothing runs."""
    labels = ("Run the slow", "Check all") if checks else ("Run the slow",)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        offers = [button for button in app.button if button.label.startswith(labels)]
        if offers:
            offers[0].click().run()
        elif any(button.label == "Stop" for button in app.button):
            time.sleep(0.5)
            app.run()
        else:
            break
    return app


def opened(network: str, methods: tuple[str, ...], *, checks: bool) -> None:
    weights = "random" if "/" in network else "trained"
    tasks._CHECK_SECONDS = 6.0 if checks else 0.0
    app = open_page("attribution", model=network, weights=weights, methods=",".join(methods), options=FEW)
    finished(app, checks=checks)
    assert_sound(app)
    assert not app.error, [error.value for error in app.error]


def told() -> dict[str, str]:
    """By method, and by method and check: what is kept of it."""
    found = {}
    for key, (value, _) in FEATURES._entries.items():
        words = [word for word in key if isinstance(word, str)]
        named = [word for word in words if word in METHODS or word in CHECKS]
        if isinstance(value, Attribution):
            found[" ".join(named)] = "a map" if value.varies else "a map without variation"
        elif isinstance(value, Finding):
            found[" ".join(named)] = f"{value.level}: {value.sentence}"
        elif isinstance(value, Refusal):
            found[" ".join(named)] = f"refused: {value.reason}"
    return found


def walk(network: str) -> None:
    FEATURES.clear()
    methods = [method.id for method in METHODS]
    for first in range(0, len(methods), TOGETHER):
        opened(network, tuple(methods[first : first + TOGETHER]), checks=False)
    opened(network, CHECKED, checks=True)
    found = told()
    sys.stdout.write("\n".join([f"\n{network}", *(f"  {name}: {said}" for name, said in found.items()), ""]))
    sys.stdout.flush()
    assert set(methods) <= set(found), set(methods) - set(found)
    wanted = {f"{method} {check.id}" for method in CHECKED for check in CHECKS if check.id != "localization"}
    assert wanted <= set(found), wanted - set(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    try:
        for network in parser.parse_args().networks:
            walk(network)
    finally:
        end_all()


if __name__ == "__main__":
    main()
