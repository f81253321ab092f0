"""Milliseconds a trial that Optuna takes beside the objective, beside `penstock-bench search`.

Needs: pip install optuna. One command: python optuna_trials.py [TRIALS]
TPE over three numbers on a log scale, each trial reports after three folds, the study is stored in a SQLite file: the least that
makes it resumable, as Penstock's is. The objective is one subtraction.
"""

import pathlib
import sys
import tempfile
import time

import optuna

trials = int(sys.argv[1]) if len(sys.argv) > 1 else 200
optuna.logging.set_verbosity(optuna.logging.ERROR)


def objective(trial):
    a, _, _ = (trial.suggest_float(name, 0.001, 1, log=True) for name in "abc")
    for fold in range(3):
        trial.report(a - 0.1, fold)
    return a - 0.1


with tempfile.TemporaryDirectory() as folder:
    study = optuna.create_study(
        storage=f"sqlite:///{pathlib.Path(folder) / 'study.db'}", direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=7, multivariate=True))
    start = time.perf_counter()
    study.optimize(objective, n_trials=trials)
    print(f"optuna {optuna.__version__}: {(time.perf_counter() - start) * 1000 / trials:.3f} ms a trial")
