"""Writes the networks that `penstock-bench nets` serves, and times PyTorch itself at one window: p50 in microseconds.

Needs .venv-torch (make bench-peers). One command: python torch_nets.py FOLDER
"""
import os
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [f"{HERE}/../../../Sources/Plugins/Models/Torch", f"{HERE}/../../../PluginKit/Python"]
sys.dont_write_bytecode = True

import artifact  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402
from nets import FAMILIES  # noqa: E402
from training import Scaled  # noqa: E402

NETS = {"lstm": (32, 8, 32), "cnn_lstm": (30, 20, 72), "transformer": (30, 20, 72)}

torch.set_num_threads(1)
for name, (steps, features, hidden) in NETS.items():
    torch.manual_seed(7)
    net = FAMILIES[name](steps, features, hidden, 1, 4, 0.0)
    model = Scaled(net.eval(), np.zeros(features), np.ones(features), (0.0, 1.0)).eval()
    windows = np.random.default_rng(7).normal(size=(500, steps, features))
    with open(f"{sys.argv[1]}/{name}.onnx", "wb") as file:
        file.write(artifact.export(model, windows, [f"f{number}" for number in range(features)]))
    rows, spans = torch.from_numpy(windows), []
    with torch.inference_mode():
        for call in range(2_000):
            began = time.perf_counter()
            float(model(rows[call % 500:call % 500 + 1])[0, 0])
            spans.append(time.perf_counter() - began)
    weights = sum(weight.numel() for weight in net.parameters())
    print(f"RESULT name=peer_torch_{name}_row_p50 value={np.median(spans) * 1e6} unit=us")
    print(f"RESULT name=net_{name}_weights value={weights} unit=weights")
