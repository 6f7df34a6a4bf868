"""Which autoencoder the page shows, and which images it looks at."""

from __future__ import annotations

from dataclasses import dataclass

from featviz.analysis.reconstructions import Reconstructions, pca_reconstructions, reconstructions
from featviz.training.bundle.runs import RUNS
from featviz.training.networks.autoencoders import Autoencoder
from featviz.training.run import TrainingRun
from featviz.training.trained_source import trained_run
from featviz.ui.inputs.controls import choice
from featviz.ui.pages.autoencoders.view_state import VIEW
from featviz.ui.state.cache import FEATURES
from featviz.ui.state.training.bundled_runs import open_run
from featviz.ui.state.training.trained import offered_names

__all__ = ["Comparison", "choose_autoencoder", "compared"]

_FIRST = "digits-autoencoder"


@dataclass(frozen=True, eq=False)
class Comparison:
    """Held-out images rebuilt by an autoencoder and by PCA with as many components."""

    ours: Reconstructions
    pca: Reconstructions


def choose_autoencoder() -> tuple[str, TrainingRun]:
    """Draw the choice of a run whose network is an autoencoder, and give its name and the run."""
    own = [name for name in offered_names() if _is_autoencoder(trained_run(name))]
    names = {
        **{name: run.title for name, run in RUNS.items() if run.method == "reconstruction"},
        **{name: f"Yours: {name.rpartition('/')[2]}" for name in own},
    }
    name = choice(
        "Autoencoder",
        list(names),
        key=VIEW["code_run"],
        default=_FIRST,
        name=names.__getitem__,
        width=390,
        help="A finished one comes with featviz; those that you trained on the page Train, by the method "
        "Reconstruction, stand beside it.",
    )
    run = None if name in RUNS else trained_run(name)
    return name, open_run(name if name in RUNS else _FIRST) if run is None else run


def compared(run: TrainingRun) -> Comparison:
    """The held-out images rebuilt, by the network as it is after its last epoch, and by PCA."""
    key = ("autoencoder", run.spec.key, run.data.digest)

    def make() -> Comparison:
        network = run.task.network.eval()
        ours = reconstructions(network, run.data, run.data.held_out)
        components = min(ours.codes.shape[1], len(run.data.training), run.data.inputs.values)
        return Comparison(ours, pca_reconstructions(run.data, run.data.held_out, components))

    return FEATURES.compute(key, make, lambda each: 2 * each.ours.images.nbytes)


def _is_autoencoder(run: TrainingRun | None) -> bool:
    return run is not None and isinstance(run.task.network, Autoencoder)
