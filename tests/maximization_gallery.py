"""The sheets that come with the project, as the page would make them on a first visit.

python -m tests.maximization_gallery [NETWORK ...]
"""

import sys

from featviz import Logit, load_model
from featviz.models.sources.bundled import BUNDLED
from featviz.ui.pages.maximization.bundled_sheets import hang
from featviz.ui.pages.maximization.objective_text import Aim, first_aim
from featviz.ui.pages.maximization.request import Run
from featviz.ui.pages.maximization.sheet import Sheet, SheetRun


def main() -> None:
    """Make the sheet of the layer that the page shows first, and that of the classes, for each bundled network."""
    for name in sys.argv[1:] or BUNDLED:
        model = load_model(name)
        for aim in (first_aim(model), Aim(Logit(0))):
            wanted = SheetRun(Run(model, aim), 0)
            *_, (_done, _total, result) = wanted.task().run()
            sheet = result()
            assert isinstance(sheet, Sheet)
            file = hang(wanted, sheet)
            sys.stdout.write(f"{file.name}: {len(sheet.tiles)} pictures, {file.stat().st_size:,} bytes\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
