#!/bin/sh
# plotly 7.1.0 with pandas 3.1.1: a figure cannot be made while another thread imports pandas.
#
# plotly does not import pandas; to recognize its types it takes whatever stands under that name in sys.modules. That is
# the half loaded module as long as an import in another thread goes on, and making a bar chart of a plain list and a
# text raises AttributeError. Nobody need use pandas for that: a library that loads it late, in a thread, is enough.
# Seen: "partially initialized module 'pandas' has no attribute 'Series'", and the same of numpy and its ndarray, which
# plotly takes in the same way. The cure is to import both first.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "plotly==7.1.0" "pandas==3.1.1" "numpy==2.4.6"
"$folder/venv/bin/python" - <<'PYTHON'
import sys
import threading

import plotly.graph_objects as go


def make():
    go.Bar(y=[1, 2], hovertemplate="%{y}")


make()
print("without pandas: made")
loading = threading.Thread(target=__import__, args=("pandas",))
loading.start()
raised = set()
while loading.is_alive():
    try:
        make()
    except AttributeError as error:
        raised.add(str(error).partition(" (")[0])
loading.join()
make()
print("with pandas loaded: made")
print("while it loads:", *sorted(raised))
sys.exit(0 if any("pandas" in each for each in raised) else "behaviour has changed: nothing was raised")
PYTHON
