"""Miniature runs and files for the tests, and where the shared real data may lie."""

import struct

import h5py
import numpy as np
from onnx import TensorProto, helper

from sfxtutor.runs.run import Card, Run


class ArrayRun(Run):
    """A run in memory, of frames (n, y, x) uint16."""

    def __init__(self, frames, labels=None, mask=None, name="mini", **facts):
        self.frames, self.labels, self.mask = frames, labels, mask
        self.name, self.source, self.fingerprint = name, "file", f"{name}:{frames.sum()}"
        self.card = Card(
            name,
            f"{name}, made by a test",
            "file",
            shape=frames.shape[1:],
            frames=len(frames),
            **facts,
        )

    def __len__(self):
        return len(self.frames)

    def _frame(self, i):
        return self.frames[i]


def frames_of(count, size=730, seed=0):
    """Frames that differ everywhere: (count, size, size) uint16."""
    return np.random.default_rng(seed).integers(0, 4000, (count, size, size), dtype=np.uint16)


def make_idh5(path, chunks, version=b"idh5_v1.0", **meta):
    """Write an idh5 file; `chunks` maps a chunk's name to its images (n, y, x)."""
    with h5py.File(path, "w") as file:
        file["metadata/idh5_version"] = np.bytes_(version)
        for name, value in meta.items():
            file[f"metadata/{name}"] = value
        file.create_group("data")
        for name, images in chunks.items():
            file[f"data/{name}/images"] = images
            n = len(images)
            file[f"data/{name}/wavelength"] = np.full(n, 1.3)
            file[f"data/{name}/distance"] = np.full(n, 123.5)
            file[f"data/{name}/timestamp"] = np.full(n, b"2018-12-13T15:51Z34.902")
    return path


def make_onnx(path, p):
    """Write a model that gives the same for every RWD vector: p, a list of the values of a row."""
    node, tensor = helper.make_node, helper.make_tensor
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 720])]
    outputs = [helper.make_tensor_value_info("p", TensorProto.FLOAT, ["n", len(p)])]
    constants = [tensor("zero", TensorProto.FLOAT, [1], [0]),
                 tensor("p_hit", TensorProto.FLOAT, [1, len(p)], p)]  # fmt: skip
    nodes = [node("ReduceMean", ["x"], ["mean"], axes=[1], keepdims=1),
             node("Mul", ["mean", "zero"], ["none"]),
             node("Add", ["none", "p_hit"], ["p"])]  # fmt: skip
    graph = helper.make_graph(nodes, "same", inputs, outputs, constants)
    opset = [helper.make_opsetid("", 13)]
    path.write_bytes(
        helper.make_model(graph, opset_imports=opset, ir_version=8).SerializeToString()
    )
    return path


def make_labels(path, labels, file="r0018_2000.h5"):
    """Write labels in the experts' format, frame from 1."""
    path.write_text("".join(f"{file} [{i}] {word}\n" for i, word in enumerate(labels, 1)))
    return path


def integers(*values):
    return b"(" + b"".join(b"J" + struct.pack("<i", v) for v in values) + b"t"


def flex_pickle(mask, python=2, panels=1):
    """The bytes that DIALS writes: a tuple of flex.bool, each a grid and a string of 0 and 1.

    After scitbx/array_family/boost_python: flex_grid's initargs are origin, last and True, its
    state is the focus; flex_bool's state is (grid, string), the string led by its length.
    """
    size = mask.size.to_bytes(8, "little").rstrip(b"\0")
    text = (
        bytes([len(size) + 1])
        + size
        + mask.astype(np.uint8).tobytes().replace(b"\1", b"1").replace(b"\0", b"0")
    )
    opcode = b"T" if python == 2 else b"B"  # BINSTRING, BINBYTES
    grid = (
        b"cscitbx_array_family_flex_ext\ngrid\n("
        + integers(0, 0)
        + integers(*mask.shape)
        + b"\x88tR"
        + integers(*mask.shape)
        + b"b"
    )
    array = (
        b"cscitbx_array_family_flex_ext\nbool\n)R("
        + grid
        + opcode
        + struct.pack("<i", len(text))
        + text
        + b"tb"
    )
    return b"\x80\x02(" + array * panels + b"t."
