"""Makes the ONNX files beside this script from daily bars of IBM, with what scikit-learn and PyTorch themselves predict.

Made with scikit-learn 1.9.1, skl2onnx 1.20.0, torch 2.13.0+cpu, onnx 1.23.2: python make.py
"""
import json
import os

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LogisticRegression, Ridge

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ["range", "change", "volume_change"]
INPUT = ",".join(NAMES)
STEPS = 8

bars = np.genfromtxt(f"{HERE}/../../../../data/history/IBM.csv", delimiter=",", skip_header=1, usecols=range(1, 6))[:600]
close, volume = bars[:, 3], bars[:, 4]
rows = np.column_stack([((bars[:, 1] - bars[:, 2]) / close)[1:], close[1:] / close[:-1] - 1, volume[1:] / volume[:-1]])
labels = close[2:] / close[1:-1] - 1
rows = rows[:-1]
assert np.isfinite(rows).all() and np.isfinite(labels).all()
asked = rows[:24]
expected = {"rows": asked.ravel().tolist(), "made_with": "scikit-learn 1.9.1, torch 2.13.0+cpu"}


def save(name, model):
    if not isinstance(model, bytes) and model.producer_name == "skl2onnx":
        model.metadata_props.add(key="features", value=INPUT)
    data = model if isinstance(model, bytes) else model.SerializeToString()
    with open(f"{HERE}/{name}.onnx", "wb") as file:
        file.write(data)


boosting = GradientBoostingRegressor(n_estimators=12, max_depth=3, random_state=1).fit(rows, labels)
save("boosting", to_onnx(boosting, initial_types=[("x", FloatTensorType([None, 3]))]))
expected["boosting"] = boosting.predict(asked.astype(np.float32)).tolist()

ridge = Ridge(alpha=1).fit(rows, labels)
save("ridge", to_onnx(ridge, initial_types=[("x", DoubleTensorType([None, 3]))]))
expected["ridge"] = ridge.predict(asked).tolist()

direction = LogisticRegression().fit(rows, labels > 0)
zipped = {"zipmap": False}
save("direction", to_onnx(direction, initial_types=[("x", FloatTensorType([None, 3]))], options=zipped))
expected["direction"] = direction.predict_proba(asked)[:, 1].tolist()
save("zipmap", to_onnx(direction, initial_types=[("x", FloatTensorType([None, 3]))]))


class Columns:
    """An input a feature, in an order of its own."""

    def __init__(self):
        names = ["volume_change", "range", "change"]
        inputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", 1]) for name in names]
        output = helper.make_tensor_value_info("value", TensorProto.FLOAT, ["rows", 1])
        nodes = [helper.make_node("Sub", ["volume_change", "range"], ["less"]),
                 helper.make_node("Div", ["less", "change"], ["value"])]
        self.model = helper.make_model(helper.make_graph(nodes, "columns", inputs, [output]),
                                       opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


save("columns", Columns().model)
single = asked.astype(np.float32)
expected["columns"] = ((single[:, 2] - single[:, 0]) / single[:, 1]).astype(float).tolist()


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.out = torch.nn.LSTM(3, 8, batch_first=True), torch.nn.Linear(8, 1)

    def forward(self, x):
        return self.out(self.lstm(x)[0][:, -1])


torch.manual_seed(1)
net = Net().eval()
windows = np.stack([rows[start:start + STEPS] for start in range(24)]).astype(np.float32)
expected["windows"] = np.stack([rows[start:start + STEPS] for start in range(24)]).ravel().tolist()
torch.onnx.export(net, (torch.from_numpy(windows[:2]),), f"{HERE}/lstm.onnx", dynamo=False, opset_version=17,
                  input_names=[INPUT], output_names=["value"], dynamic_axes={INPUT: {0: "rows"}, "value": {0: "rows"}})
expected["lstm"] = net(torch.from_numpy(windows)).detach().numpy().astype(float).ravel().tolist()


def broken(name, op, domain, opset=17):
    info = [helper.make_tensor_value_info(n, TensorProto.FLOAT, ["rows", 3]) for n in (INPUT, "value")]
    node = helper.make_node(op, [INPUT], ["value"], domain=domain)
    imports = [helper.make_opsetid("", opset)] + ([helper.make_opsetid(domain, 1)] if domain else [])
    save(name, helper.make_model(helper.make_graph([node], name, info[:1], info[1:]), opset_imports=imports, ir_version=8))


broken("custom", "Secret", "my.company")
broken("unknown", "NoSuchOperator", "")
broken("old", "Identity", "", opset=5)

with open(f"{HERE}/expected.json", "w") as file:
    json.dump(expected, file)
