"""The Python that makes the page Autoencoders."""

from __future__ import annotations

from featviz.training.bundle.runs import RUNS

__all__ = ["autoencoder_code"]


def autoencoder_code(name: str) -> str:
    """Open the run, rebuild held-out images, and decode codes between two of them."""
    opened = (
        f"from featviz.training.bundle.runs import bundled_run\n\nrun = bundled_run({name!r})"
        if name in RUNS
        else "run = ...  # featviz.training.run.prepare(...) and learning.learn(run), as the page Train does"
    )
    return f"""from featviz.analysis.reconstructions import decoded, interpolation, pca_reconstructions, reconstructions
{opened}
network, held_out = run.task.network.eval(), run.data.held_out
ours = reconstructions(network, run.data, held_out)
pca = pca_reconstructions(run.data, held_out, ours.codes.shape[1])
ours.error, pca.error
between = decoded(network, interpolation(ours.codes[0], ours.codes[1], 9))  # (9, 3, S, S), normalized"""
