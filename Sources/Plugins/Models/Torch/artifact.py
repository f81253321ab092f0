"""What is stored and served: an ONNX file in the envelope that `model/onnx` opens, compared with the network it was made of."""
from __future__ import annotations

import io
import struct
import warnings

import numpy as np
import torch
from penstock_plugin import PluginError

OPSET = 17
TOLERANCE = 1e-5
"""Deviations of the label that exported and trained network may be apart."""
MARK = b"ONNX\0\0\0\1"


def _fnv(data: bytes, hash_: int = 0xCBF29CE484222325) -> int:
    for byte in data:
        hash_ = ((hash_ ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return hash_


def seal(onnx: bytes, features: list[str], time: int) -> bytes:
    """Puts a file into its envelope: mark, identity of the features, window, file, checksum."""
    identity = _fnv(b"".join(name.encode() + b"\x1f" for name in features))
    body = MARK + struct.pack("<Qq", identity, time) + onnx
    return body + struct.pack("<Q", _fnv(body))


def unseal(artifact: bytes, features: list[str]) -> tuple[bytes, int]:
    """The file of an envelope and its window; raises `corrupted` for other bytes."""
    if len(artifact) < 32 or artifact[:8] != MARK or artifact[-8:] != struct.pack("<Q", _fnv(artifact[:-8])):
        raise PluginError("corrupted", "the artifact is damaged, or of another model. Fit it again.")
    identity, time = struct.unpack("<Qq", artifact[8:24])
    if identity != _fnv(b"".join(name.encode() + b"\x1f" for name in features)):
        raise PluginError("bad_request", "the artifact was fitted on other features. Fit it again on these.")
    return artifact[24:-8], time


def export(model: torch.nn.Module, windows: np.ndarray, features: list[str]) -> bytes:
    """Writes a network as an ONNX file whose input is named after the features."""
    name, target = ",".join(features), io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, (torch.from_numpy(windows[:2]),), target, dynamo=False, opset_version=OPSET,
                          input_names=[name], output_names=["value"], dynamic_axes={name: {0: "rows"}, "value": {0: "rows"}})
    return target.getvalue()


def session(onnx: bytes):
    """Opens a file for one thread."""
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])


def compare(model: torch.nn.Module, onnx: bytes, windows: np.ndarray, scale: float) -> float:
    """How far the file is from the network on some windows, in deviations of the label; raises where that is too far."""
    opened = session(onnx)
    served = opened.run(None, {opened.get_inputs()[0].name: windows})[0]
    with torch.no_grad():
        trained = model(torch.from_numpy(windows)).numpy()
    apart = float(np.abs(served - trained).max()) / scale
    if not apart <= TOLERANCE:
        raise PluginError("malformed", f"the exported network is {apart:.1e} deviations of the label from the trained one; "
                          f"allowed {TOLERANCE}. Install the versions of requirements.txt.")
    return apart
