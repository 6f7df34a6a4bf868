"""The sheets that come with the project, as the page would make them on a first visit.

python -m tests.maximization_gallery [NETWORK ...]
"""

import sys

from featviz import Logit, load_model
from featviz.models.sources.bundled import BUNDLED
from featviz.ui.pages.maximization.bundled_sheets import save_gallery_sheet
from featviz.ui.pages.maximization.objective_text import ObjectiveSpec, default_objective
from featviz.ui.pages.maximization.request import MaximizationRequest
from featviz.ui.pages.maximization.sheet import Sheet, SheetRequest
from featviz.ui.pages.maximization.view_state import CLASS_DECAY


def main() -> None:
    """Make the sheet of the layer that the page shows first, and that of the classes, for each bundled network."""
    for name in sys.argv[1:] or BUNDLED:
        model = load_model(name)
        classes = ObjectiveSpec(Logit(0), log_probability=True)
        for spec, options in ((default_objective(model), {}), (classes, {"decay": CLASS_DECAY})):
            request = SheetRequest(MaximizationRequest(model, spec, options=options), 0)
            *_, last = request.task().run()
            sheet = last.result
            assert isinstance(sheet, Sheet)
            file = save_gallery_sheet(request, sheet)
            sys.stdout.write(f"{file.name}: {len(sheet.tiles)} images, {file.stat().st_size:,} bytes\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
