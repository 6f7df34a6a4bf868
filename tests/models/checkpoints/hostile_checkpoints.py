"""Checkpoints made by code: honest ones as people save them, and hostile ones."""

import io
import json
import pickle
import struct
import zipfile
from pathlib import Path

import torch
from safetensors.torch import save
from torch import nn


class Tiny(nn.Module):
    """A network with everything that checkpoints stumble over, in a few hundred numbers."""

    def __init__(self, classes, auxiliary=False):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.norm = nn.BatchNorm2d(4)
        if auxiliary:
            self.aux = nn.Linear(4, classes)
        self.fc = nn.Linear(4, classes)

    def forward(self, x):
        return self.fc(self.norm(self.conv(x)).relu().mean((2, 3)))


def tiny(classes=7, seed=3, **options):
    """A trained-looking network: no two of its numbers agree by default."""
    network = Tiny(classes, **options).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for tensor in network.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.1)
    return network


def saved(value, **options):
    buffer = io.BytesIO()
    torch.save(value, buffer, **options)
    return buffer.getvalue()


def rezipped(data, *, drop=(), add=(), compression=zipfile.ZIP_STORED):
    """The same archive with entries removed, added or compressed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", compression) as new:
        for entry in old.infolist():
            if not entry.filename.endswith(tuple(drop) or "\0"):
                new.writestr(entry.filename, old.read(entry))
        for name, content in add:
            new.writestr(name, content)
    return buffer.getvalue()


def zip_of_pickle(program):
    """A checkpoint whose data.pkl is a hand-written pickle program."""
    empty = saved({})
    return rezipped(empty, drop=["data.pkl"], add=[("archive/data.pkl", program)])


class Payload:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (Path(self.path),)


def malicious_zip(path):
    return zip_of_pickle(pickle.dumps({"conv.weight": Payload(path)}, protocol=2))


def malicious_old_file(path):
    return saved({"conv.weight": Payload(path)}, _use_new_zipfile_serialization=False)


def malicious_pickle(path):
    return pickle.dumps({"conv.weight": Payload(path)}, protocol=4)


def hash_bomb():
    """60 nested pairs as a key: hashing visits 2^60 tuples and holds the interpreter's lock."""
    return zip_of_pickle(b"\x80\x02})" + b"q\x00h\x00\x86" * 60 + b"K\x01s.")


def memory_bomb():
    """Asks for 8 GB in a hundred bytes, by a type that the safe unpickler allows."""
    size = (8 * 10**9).to_bytes(6, "little")
    return zip_of_pickle(b"\x80\x02c__builtin__\nbytearray\n\x8a\x06" + size + b"\x85R.")


def flipped_weight():
    """One bit of one weight turned over: torch loads it without a word."""
    data = bytearray(saved(tiny().state_dict()))
    weight = tiny().state_dict()["conv.weight"].numpy().tobytes()
    data[data.index(weight) + 3] ^= 0x40
    return bytes(data)


def safetensors_of(header, payload=b""):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + payload


def entry(shape=(1,), dtype="F32", start=0, size=4):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, start + size]}


def honest_safetensors():
    return save(tiny().state_dict())
