"""Fits a network: scaling inside the fold, batches, loss, early stopping, checkpoints."""
from __future__ import annotations

import hashlib
import json
import os
import time as clock
from typing import Any, Callable

import numpy as np
import torch
from nets import FAMILIES
from penstock_plugin import PluginError
from torch import Tensor, nn

INNER_SHARE = 0.2
"""Share of the newest event times that early stopping watches."""
GAP = 5
"""Event times between what is learned from and what is watched."""
LEAST = 50
"""Rows that a fit needs."""
LIMIT = 10.0
"""Deviations from the mean beyond which a feature counts no more."""


class Scaled(nn.Module):
    """A network between the units of the features and that of the label: what is exported and served."""

    def __init__(self, net: nn.Module, mean: np.ndarray, scale: np.ndarray, label: tuple[float, float]) -> None:
        super().__init__()
        self.net, self.label = net, label
        self.register_buffer("mean", torch.from_numpy(mean))
        self.register_buffer("scale", torch.from_numpy(scale))

    def forward(self, x: Tensor) -> Tensor:
        scaled = ((x - self.mean) / self.scale).clamp(-LIMIT, LIMIT).float()
        return self.net(scaled).double() * self.label[1] + self.label[0]


def pairs(score: Tensor, label: Tensor, group: Tensor) -> Tensor:
    """Logistic loss over pairs of one event time: how surely the better of two is put above the other."""
    apart = (label[:, None] - label[None, :]).sign() * (group[:, None] == group[None, :])
    chosen = apart > 0
    if not chosen.any():
        return score.sum() * 0
    return nn.functional.softplus(-(score[:, None] - score[None, :])[chosen]).mean()


def loss_of(options: dict[str, Any]) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """The loss of scores, labels and the number of each row's event time."""
    kind, delta, quantile = options["loss"], options["huber_delta"], options["quantile"]
    if kind == "huber":
        return lambda score, label, group: nn.functional.huber_loss(score, label, delta=delta)
    if kind == "pinball":
        return lambda score, label, group: torch.maximum(
            quantile * (label - score), (quantile - 1) * (label - score)).mean()
    if kind == "ranking":
        return pairs
    return lambda score, label, group: nn.functional.mse_loss(score, label)


class Fit:
    """One fit; the same rows, options, seed and version of PyTorch give the same weights, also over a stop in the middle."""

    def __init__(self, options: dict[str, Any], windows: np.ndarray, labels: np.ndarray, times: np.ndarray, seed: int,
                 device: str) -> None:
        if len(labels) < LEAST:
            raise PluginError("no_data", f"there are {len(labels)} rows to learn from; at least {LEAST} are needed. "
                              "Give more history, or a shorter 'window'.")
        self.options, self.seed, self.device = options, seed, device
        groups = np.unique(times, return_inverse=True)[1]
        count = int(groups[-1]) + 1
        cut = count - int(count * INNER_SHARE) if options["patience"] > 0 else count
        learned, watched = groups < max(1, cut - GAP if cut < count else cut), groups >= cut
        if learned.sum() < LEAST or cut == count:
            learned, watched = np.ones(len(labels), bool), np.zeros(len(labels), bool)
        seen = windows[learned]
        self.mean = seen.mean(axis=(0, 1), dtype=np.float64)
        scale = seen.std(axis=(0, 1), dtype=np.float64)
        self.scale = np.where(scale > np.abs(self.mean) * 1e-12, scale, 1.0)
        deviation = float(labels[learned].std())
        self.label = (float(labels[learned].mean()), deviation if deviation > 0 else 1.0)
        self.learned = self.part(windows[learned], labels[learned], groups[learned])
        self.watched = self.part(windows[watched], labels[watched], groups[watched]) if watched.any() else None
        torch.manual_seed(seed)
        self.net = FAMILIES[options["family"]](
            windows.shape[1], windows.shape[2], options["hidden"], options["layers"], options["heads"],
            options["dropout"]).to(device)
        self.optimiser = torch.optim.AdamW(
            self.net.parameters(), lr=options["learning_rate"], weight_decay=options["weight_decay"])
        self.loss = loss_of(options)
        self.epoch, self.best, self.since, self.weights = 0, float("inf"), 0, None

    def part(self, windows: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        scaled = np.clip((windows - self.mean) / self.scale, -LIMIT, LIMIT).astype(np.float32)
        wanted = ((labels - self.label[0]) / self.label[1]).astype(np.float32)
        return (torch.from_numpy(scaled).to(self.device), torch.from_numpy(wanted).to(self.device),
                torch.from_numpy(groups).to(self.device))

    # MARK: Epochs

    def batches(self) -> list[Tensor]:
        """The rows of each batch of an epoch; where rows are compared, whole event times together."""
        groups, size = self.learned[2], self.options["batch"]
        chance = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
        if self.options["loss"] != "ranking":
            return list(torch.randperm(len(groups), generator=chance).split(size))
        names, counts = torch.unique_consecutive(groups.cpu(), return_counts=True)
        starts = counts.cumsum(0) - counts
        made: list[list[Tensor]] = [[]]
        for place in torch.randperm(len(names), generator=chance).tolist():
            if sum(len(part) for part in made[-1]) >= size:
                made.append([])
            made[-1].append(torch.arange(int(starts[place]), int(starts[place] + counts[place])))
        return [torch.cat(parts) for parts in made]

    def run_epoch(self, tell: Callable[[float], None]) -> tuple[float, float]:
        """Learns from every row once; returns the mean loss and the largest norm of a gradient."""
        self.net.train()
        torch.manual_seed(self.seed * 7_919 + self.epoch)
        windows, labels, groups = self.learned
        total, largest, all_batches = 0.0, 0.0, self.batches()
        for number, rows in enumerate(all_batches):
            if number % 20 == 0:
                tell(number / len(all_batches))
            rows = rows.to(self.device)
            self.optimiser.zero_grad()
            loss = self.loss(self.net(windows[rows]).squeeze(1), labels[rows], groups[rows])
            loss.backward()
            limit = self.options["clip"] or float("inf")
            norm = float(nn.utils.clip_grad_norm_(self.net.parameters(), limit))
            self.check(float(loss.detach()), norm)
            self.optimiser.step()
            total, largest = total + float(loss.detach()) * len(rows), max(largest, norm)
        return total / len(labels), largest

    def check(self, loss: float, norm: float) -> None:
        if np.isfinite(loss) and np.isfinite(norm):
            return
        what = f"the loss became {loss}" if not np.isfinite(loss) else f"the gradient exploded (its norm is {norm})"
        raise PluginError("quality", f"{what} in epoch {self.epoch + 1}. Lower 'learning_rate' "
                          f"({self.options['learning_rate']}) or 'clip' ({self.options['clip']}; 0 is none).")

    def watch(self) -> float:
        """The loss over the rows that are not learned from."""
        if self.watched is None:
            return float("nan")
        self.net.eval()
        windows, labels, groups = self.watched
        total, start = 0.0, 0
        with torch.no_grad():
            while start < len(labels):
                # An event time is never cut: its rows may be compared.
                end = min(len(labels), start + 4_096)
                while end < len(labels) and groups[end] == groups[end - 1]:
                    end += 1
                score = self.net(windows[start:end]).squeeze(1)
                total += float(self.loss(score, labels[start:end], groups[start:end])) * (end - start)
                start = end
        return total / len(labels)

    def run(self, tell: Callable[[float], None], report: Callable[[str, float], None],
            checkpoint: "Checkpoint | None" = None) -> Scaled:
        """Fits until the epochs are over or what is watched gains no more; returns the network with its scaling."""
        epochs, patience = self.options["epochs"], self.options["patience"]
        if checkpoint:
            checkpoint.read(self)
        while self.epoch < epochs and not (self.watched is not None and self.since >= patience > 0):
            loss, norm = self.run_epoch(lambda share: tell((self.epoch + share) / epochs))
            watched = self.watch()
            self.epoch += 1
            if self.watched is not None and watched < self.best:
                self.best, self.since = watched, 0
                self.weights = {name: value.detach().clone() for name, value in self.net.state_dict().items()}
            else:
                self.since += 1
            for name, value in (("epoch", self.epoch), ("loss", loss), ("watched_loss", watched), ("gradient_norm", norm)):
                if np.isfinite(value):
                    report(name, float(value))
            if checkpoint:
                checkpoint.write(self)
        if self.weights is not None:
            self.net.load_state_dict(self.weights)
        tell(1.0)
        return Scaled(self.net.cpu().eval(), self.mean, self.scale, self.label).eval()


class Checkpoint:
    """Where a fit stands, in the instance's own folder: one that was killed goes on from there."""

    EVERY = 5.0
    """Seconds between two writes at least."""

    def __init__(self, folder: str, options: dict[str, Any], arrays: list[np.ndarray], seed: int,
                 warn: Callable[[str], None]) -> None:
        digest = hashlib.sha256(json.dumps([options, seed, torch.__version__], sort_keys=True).encode())
        for values in arrays:
            digest.update(np.ascontiguousarray(values).tobytes())
        self.path, self.warn = f"{folder}/fit-{digest.hexdigest()[:32]}.pt", warn
        self.last, self.told = 0.0, False

    def read(self, fit: Fit) -> None:
        """Takes over what was written; of what cannot be read nothing is used."""
        if not os.path.exists(self.path):
            return
        try:
            state = torch.load(self.path, map_location=fit.device, weights_only=True)
            fit.net.load_state_dict(state["net"])
            fit.optimiser.load_state_dict(state["optimiser"])
            fit.epoch, fit.best, fit.since, fit.weights = state["epoch"], state["best"], state["since"], state["weights"]
            self.warn(f"the fit goes on after epoch {fit.epoch}, where it was stopped")
        except Exception as error:  # damaged or of another version: the fit begins anew
            self.warn(f"a checkpoint could not be read, the fit begins anew: {error}")
            self.remove()

    def write(self, fit: Fit) -> None:
        if clock.monotonic() - self.last < self.EVERY:
            return
        state = {"net": fit.net.state_dict(), "optimiser": fit.optimiser.state_dict(), "epoch": fit.epoch,
                 "best": fit.best, "since": fit.since, "weights": fit.weights}
        try:
            torch.save(state, self.path + ".new")
            os.replace(self.path + ".new", self.path)
            self.last = clock.monotonic()
        except (OSError, RuntimeError) as error:
            if not self.told:
                self.warn(f"no checkpoint could be written, the fit goes on without: {error}")
            self.told = True

    def remove(self) -> None:
        for path in (self.path, self.path + ".new"):
            if os.path.exists(path):
                os.remove(path)
