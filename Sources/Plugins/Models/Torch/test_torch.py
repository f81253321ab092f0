"""Tests of the fit by itself: python -B -m unittest discover -s FOLDER, with PyTorch and `penstock_plugin` importable."""
import os
import sys
import tempfile
import unittest
from types import SimpleNamespace

import artifact
import model
import numpy as np
import torch
import training
from penstock_plugin import PluginError

NAMES = ["a", "b", "c"]
DEFAULTS = {option["name"]: option.get("default") for option in model.Torch.descriptor["options"]}


class Killed(Exception):
    """Stands for the end of the process."""


class FakeHost:
    """Keeps what the plugin tells; the host itself is tested over the protocol."""

    def __init__(self):
        self.lines, self.numbers = [], {}

    def log(self, text, level="info", **data):
        self.lines.append(text)

    def metric(self, name, value):
        self.numbers[name] = value


def example(rows=600, steps=6, seed=0):
    """Windows whose newest two bars say something of the label."""
    chance = np.random.default_rng(seed)
    bars = chance.normal(size=(rows + steps, 3))
    windows = np.stack([bars[start:start + steps] for start in range(rows)])
    labels = 0.02 * windows[:, -1, 0] - 0.01 * windows[:, -2, 1] + 0.004 * chance.normal(size=rows)
    times = np.repeat(np.arange(rows // 5), 5) * 86_400_000_000_000
    return windows.reshape(rows, -1), labels, SimpleNamespace(time=times)


def plugin(folder, **options):
    made = model.Torch({**DEFAULTS, "epochs": 3, "hidden": 8, "heads": 2, **options}, FakeHost())
    made.base_directory = made.state_directory = folder
    return made


def fitted(made, data, tell=lambda fraction: None, seed=7):
    return made.fit(NAMES, data[0], data[1], seed, 1, tell, examples=data[2])


class TorchTests(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        torch.set_num_threads(1)

    def test_what_is_exported_is_what_was_trained(self):
        data = example()
        for family in model.Torch.descriptor["options"][0]["words"]:
            made = plugin(self.folder, family=family, epochs=20, learning_rate=0.01, hidden=16)
            bytes_ = fitted(made, data)
            self.assertLess(made.host.numbers["export_difference"], artifact.TOLERANCE)
            given = np.array(made.predict(made.load(bytes_, NAMES), data[0]))[:, 0]
            self.assertGreater(np.corrcoef(given, data[1])[0, 1], 0.5, family)

    def test_the_same_seed_gives_the_same_bytes(self):
        data = example()
        first, second = (fitted(plugin(self.folder), data) for _ in range(2))
        self.assertEqual(first, second)
        self.assertNotEqual(first, fitted(plugin(self.folder), data, seed=8))

    def test_a_fit_that_was_killed_goes_on_and_ends_the_same(self):
        data, every = example(), training.Checkpoint.EVERY
        training.Checkpoint.EVERY = 0
        self.addCleanup(setattr, training.Checkpoint, "EVERY", every)
        for dropout in (0.0, 0.3):
            whole = fitted(plugin(self.folder, epochs=6, dropout=dropout), data)

            def kill(fraction):
                if fraction >= 0.6:
                    raise Killed

            with self.assertRaises(Killed):
                fitted(plugin(self.folder, epochs=6, dropout=dropout), data, kill)
            made = plugin(self.folder, epochs=6, dropout=dropout)
            told = []
            self.assertEqual(fitted(made, data, told.append), whole)
            self.assertGreater(min(told), 0.4)
            self.assertIn("goes on after epoch 4", made.host.lines[0])
            self.assertEqual(os.listdir(self.folder), [])

    def test_a_damaged_checkpoint_begins_anew(self):
        data = example()
        whole = fitted(plugin(self.folder), data)
        kept = training.Checkpoint(self.folder, {name: value for name, value in plugin(self.folder).options.items()
                                                 if name not in ("torch", "library")},
                                   [data[0].reshape(600, 6, 3), data[1], data[2].time], 7, print)
        with open(kept.path, "wb") as file:
            file.write(b"not a checkpoint")
        made = plugin(self.folder)
        self.assertEqual(fitted(made, data), whole)
        self.assertIn("could not be read", made.host.lines[0])

    def test_without_room_for_a_checkpoint_the_fit_goes_on(self):
        training_folder = f"{self.folder}/gone"
        made = plugin(training_folder)
        self.assertEqual(fitted(made, example()), fitted(plugin(self.folder), example()))
        self.assertEqual(len(made.host.lines), 1)
        self.assertIn("goes on without", made.host.lines[0])

    def test_a_loss_that_is_no_number_is_told(self):
        windows, labels, examples = example()
        with self.assertRaises(PluginError) as caught:
            fitted(plugin(self.folder, loss="squared", learning_rate=1.0, clip=0, epochs=200, family="mlp", layers=8, hidden=64,
                          patience=0), (windows, labels * np.where(np.arange(600) == 3, 1e300, 1), examples))
        self.assertEqual(caught.exception.code, "quality")
        self.assertRegex(caught.exception.message, "the (loss became|gradient exploded).*'learning_rate'")

    def test_early_stopping_keeps_the_best_epoch(self):
        windows, labels, examples = example()
        made = plugin(self.folder, epochs=400, patience=3, learning_rate=0.02, hidden=32)
        fitted(made, (windows, np.random.default_rng(3).normal(size=600), examples))
        self.assertLess(made.host.numbers["epoch"], 60)

    def test_scaling_sees_nothing_of_what_is_watched(self):
        windows, labels, examples = example()
        changed = windows.copy()
        changed[480:] *= 1_000
        first, second = (training.Fit({**DEFAULTS, "patience": 3}, rows.reshape(600, 6, 3), labels, examples.time, 1, "cpu")
                         for rows in (windows, changed))
        np.testing.assert_array_equal(first.mean, second.mean)
        np.testing.assert_array_equal(first.scale, second.scale)
        self.assertLess(len(first.learned[1]) + len(first.watched[1]), 600)

    def test_ranking_compares_rows_of_one_event_time_only(self):
        score, label = torch.tensor([3.0, 1.0, 0.0, 9.0]), torch.tensor([1.0, 2.0, 5.0, 4.0])
        alone = training.pairs(score, label, torch.tensor([0, 1, 2, 3]))
        both = training.pairs(score, label, torch.tensor([0, 0, 1, 1]))
        expected = np.mean([np.log1p(np.exp(3 - 1)), np.log1p(np.exp(9 - 0))])
        self.assertEqual(float(alone), 0)
        self.assertAlmostEqual(float(both), expected, places=5)

    def test_pinball_leaves_the_share_below(self):
        chance = np.random.default_rng(5)
        windows, labels = np.zeros((1_000, 18)), chance.normal(size=1_000)
        made = plugin(self.folder, family="mlp", loss="pinball", quantile=0.8, epochs=150, learning_rate=0.02, patience=0)
        bytes_ = fitted(made, (windows, labels, SimpleNamespace(time=np.arange(1_000))))
        given = np.array(made.predict(made.load(bytes_, NAMES), windows))[:, 0]
        self.assertAlmostEqual(float((labels <= given).mean()), 0.8, delta=0.03)

    def test_what_cannot_be_fitted_is_told(self):
        windows, labels, examples = example(rows=20)
        for code, made, data in [
                ("no_data", plugin(self.folder), (windows, labels, examples)),
                ("bad_request", plugin(self.folder), (windows * np.nan, labels, examples)),
                ("no_data", plugin(self.folder), (windows[:0], labels[:0], SimpleNamespace(time=examples.time[:0]))),
                ("environment", plugin(self.folder, device="cuda"), (windows, labels, examples))]:
            if code == "environment" and torch.cuda.is_available():
                continue
            with self.assertRaises(PluginError) as caught:
                fitted(made, data)
            self.assertEqual(caught.exception.code, code)
        self.assertEqual(model.Torch.validate({"family": "transformer", "hidden": 30, "heads": 4})[0][0], "hidden")

    def test_damaged_artifacts_are_refused(self):
        made = plugin(self.folder)
        bytes_ = fitted(made, example())
        for data, names, code in [(bytes_[:-1], NAMES, "corrupted"), (b"", NAMES, "corrupted"),
                                  (bytes_, NAMES[::-1], "bad_request")]:
            with self.assertRaises(PluginError) as caught:
                made.load(data, names)
            self.assertEqual(caught.exception.code, code)

    def test_without_pytorch_it_says_what_to_install(self):
        kept = sys.modules["torch"]
        sys.modules["torch"] = None
        try:
            with self.assertRaises(PluginError) as caught:
                plugin(self.folder).probe()
        finally:
            sys.modules["torch"] = kept
        self.assertEqual(caught.exception.code, "environment")
        self.assertIn("penstock plugins install", caught.exception.message)


if __name__ == "__main__":
    unittest.main()
