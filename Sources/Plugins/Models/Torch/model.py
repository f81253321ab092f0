"""Networks over windows of bars, fitted by PyTorch and exported to ONNX; the host serves them itself."""
from __future__ import annotations

import sys

from penstock_plugin import Model, PluginError, run


def number(name, low, high, default, summary, kind="number", unit=""):
    return {"name": name, "type": kind, "minimum": low, "maximum": high, "default": default, "summary": summary,
            **({"unit": unit} if unit else {})}


def whole(name, low, high, default, summary, unit=""):
    return number(name, low, high, default, summary, "integer", unit)


def choice(name, words, default, summary):
    return {"name": name, "type": "choice", "words": words, "default": default, "summary": summary}


class Torch(Model):
    steps = None
    descriptor = {
        "kind": "model", "name": "torch", "version": "1.0.0", "stability": "experimental",
        "summary": "Networks over windows of bars: MLP, LSTM, CNN-LSTM, Transformer (PyTorch).",
        "options": [
            choice("family", ["mlp", "lstm", "cnn_lstm", "transformer"], "lstm", "Which network."),
            whole("hidden", 1, 1024, 32, "Cells or neurons of a layer.", "cells"),
            whole("layers", 1, 8, 1, "Layers one above the other.", "layers"),
            whole("heads", 1, 16, 4, "Heads of attention, of which 'hidden' is a multiple; of transformer."),
            number("dropout", 0, 0.9, 0.0, "Share of what passes between layers that is left out while fitting.", "ratio"),
            choice("loss", ["squared", "huber", "pinball", "ranking"], "huber",
                   "What is made small; ranking compares instruments of one event time and says nothing of the size."),
            number("huber_delta", 0.01, 100, 1.0, "Deviations of the label from which on a miss counts in proportion; of huber."),
            number("quantile", 0.01, 0.99, 0.5, "Share of outcomes that are to lie below; of pinball.", "ratio"),
            whole("epochs", 1, 10000, 50, "How often every row is learned from at most.", "epochs"),
            whole("batch", 1, 65536, 256, "Rows of one step.", "rows"),
            number("learning_rate", 0.000001, 1, 0.001, "Size of a step.", "ratio"),
            number("weight_decay", 0, 1, 0.0, "How much weights shrink with each step, in learning rates.", "ratio"),
            number("clip", 0, 1000000, 1.0, "Largest norm of a gradient; longer ones are shortened. 0 for any."),
            whole("patience", 0, 1000, 5, "Epochs without a gain on the newest fifth of the event times that end the fit; 0 learns "
                  "from all rows in all epochs.", "epochs"),
            choice("device", ["auto", "cpu", "cuda"], "auto", "Where it is fitted; auto takes a GPU where PyTorch has one."),
            {"name": "torch", "type": "path", "summary": "Folder site-packages of your own PyTorch; absent: the plugin's own."},
            {"name": "library", "type": "path",
             "summary": "Path of libonnxruntime.so, which serves; absent: where Python's package has it."},
        ],
        "outputs": [{"name": "value", "unit": "", "summary": "The prediction, in the target's unit; with ranking a score."}],
    }

    @classmethod
    def validate(cls, options):
        if options["family"] == "transformer" and options["hidden"] % options["heads"]:
            return [("hidden", f"'hidden' is {options['hidden']}, which {options['heads']} heads do not share; allowed a "
                     "multiple of 'heads'. Change one of them.")]
        return []

    def probe(self):
        own = self.options.get("torch")
        if own and own not in sys.path:
            sys.path.append(own if own.startswith("/") else f"{self.base_directory}/{own}")
        try:
            import onnxruntime  # noqa: F401
            import torch
        except (ImportError, OSError) as error:
            raise PluginError(
                "environment", f"PyTorch or ONNX Runtime cannot be used: {error}. Install the plugin with `penstock plugins install`, "
                "which takes a build for the CPU; a build for CUDA needs its libraries.") from error
        if self.options["device"] == "cuda" and not torch.cuda.is_available():
            raise PluginError("environment", f"'device' is cuda, and PyTorch {torch.__version__} finds no GPU. Write device: auto.")

    def fit(self, features, values, labels, seed, threads, progress, examples):
        self.probe()
        import artifact
        import numpy
        import torch
        import training
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(True, warn_only=True)
        values, labels, times = numpy.asarray(values), numpy.asarray(labels), numpy.asarray(examples.time)
        if not len(labels) or not len(features):
            raise PluginError("no_data", "there are no rows to learn from. Give features and history.")
        time = values.shape[1] // len(features)
        windows = numpy.ascontiguousarray(values, dtype="<f8").reshape(len(labels), time, len(features))
        if not (numpy.isfinite(windows).all() and numpy.isfinite(labels).all()):
            raise PluginError("bad_request", "a row or label is no finite number; allowed are finite numbers. Drop it.")
        device = self.options["device"]
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        kept = {name: value for name, value in self.options.items() if name not in ("torch", "library")}
        checkpoint = training.Checkpoint(
            self.state_directory, kept, [windows, labels, times], seed,
            lambda text: self.host.log(text, "warning"))
        fit = training.Fit(self.options, windows, labels, times, seed, device)
        model = fit.run(progress, self.host.metric, checkpoint)
        onnx = artifact.export(model, windows, features)
        apart = artifact.compare(model, onnx, windows[-256:], fit.label[1])
        self.host.metric("export_difference", apart)
        checkpoint.remove()
        return artifact.seal(onnx, features, time)

    def load(self, data, features):
        import artifact
        onnx, time = artifact.unseal(data, features)
        return artifact.session(onnx), time, len(features)

    def predict(self, fitted, values):
        import numpy
        opened, time, width = fitted
        rows = numpy.ascontiguousarray(values, dtype="<f8")
        if rows.shape[1] != time * width:
            raise PluginError("bad_request", f"a row has {rows.shape[1]} numbers; allowed {time * width}.")
        return opened.run(None, {opened.get_inputs()[0].name: rows.reshape(-1, time, width)})[0].tolist()


if __name__ == "__main__":
    run(Torch)
