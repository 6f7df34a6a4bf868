"""A trained network to take home: its weights, and the Python that loads them."""

from __future__ import annotations

import json
from dataclasses import asdict

import safetensors.torch

from featviz.data.sets.registry import BUNDLED_SETS
from featviz.training.methods import TRAINING_METHODS
from featviz.training.networks import NETWORKS
from featviz.training.run import TrainingRun
from featviz.training.settings import SETTINGS

__all__ = ["loading_code", "training_call", "weights_file"]

_CODE = '''"""Loads the weights of a network that featviz trained: save them as weights.safetensors beside this file."""

import safetensors.torch
from torch import nn

import featviz
from featviz.models.preprocessing import Preprocessing
from featviz.training.input_shape import InputShape
from featviz.training.networks import NETWORKS

module = NETWORKS[{network!r}].function(InputShape({channels}, {size}), {outputs}, **{options!r})
{cut}module.load_state_dict(safetensors.torch.load_file("weights.safetensors"))
model = featviz.wrap_model(
    module,
    name={name!r},
    transform=Preprocessing({size}, {mean!r}, {std!r}, resize={size}, interpolation="bicubic"),
    classes={classes!r},
    input_size={size},
    outputs={kind!r},
)
'''
_CUT = """module.head = nn.Identity()  # its projection head was taken off
"""


def weights_file(run: TrainingRun) -> bytes:
    """The weights after the last epoch as safetensors, with the run's settings in the header."""
    weights = {name: value.contiguous() for name, value in run.epochs[-1].weights.items()}
    return safetensors.torch.save(weights, {"featviz": json.dumps({"spec": asdict(run.spec)})})


def loading_code(run: TrainingRun) -> bytes:
    """Python that builds the network, loads `weights.safetensors` and makes a model of it."""
    data, task = run.data, run.task
    mean, std = (tuple(round(value, 6) for value in each.tolist()) for each in (data.mean, data.std))
    return _CODE.format(
        network=run.spec.network,
        channels=data.inputs.channels,
        size=data.inputs.size,
        outputs=max(len(data.classes), 1),
        options=dict(run.spec.network_options),
        cut=_CUT if task.outputs == "embedding" else "",
        name=run.spec.network,
        mean=mean,
        std=std,
        classes=task.classes,
        kind=task.outputs,
    ).encode()


def training_call(run: TrainingRun) -> str:
    """The call of `featviz.train` that trains it again; a visitor's own images and network have names to fill in."""
    spec, data = run.spec, run.data
    given = {**spec.network_options, **spec.method_options, **spec.settings}
    takes = [each for name in (spec.method,) for each in TRAINING_METHODS[name].parameters]
    takes += [*SETTINGS["settings"].parameters]
    takes += [*NETWORKS[spec.network].parameters] if spec.network in NETWORKS else []
    usual = {each.name: each.default for each in takes}
    options = {
        "method": spec.method,
        "epochs": spec.epochs,
        "seed": spec.seed,
        "resolution": data.inputs.size,
        "labels": data.factor,
        **{name: value for name, value in given.items() if value != usual.get(name)},
    }
    network = repr(spec.network) if spec.network in NETWORKS else "your_network"
    read = len(data.images) + len(data.left_out)
    opened = f"bundled({data.name!r}, {read})" if data.name in BUNDLED_SETS else 'from_folder("your_folder")'
    written = ", ".join(f"{name}={value!r}" for name, value in options.items())
    return f"featviz.train({network}, featviz.ImageSet.{opened}, {written})"
