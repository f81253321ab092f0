"""Makes the tables of docs/results from runs of penstock over 26 A-shares; scripts/tables.sh calls it.

tables.py manifest DATA OUT SYMBOLS [LIBRARY]      writes the manifest of a run: DATA is the folder of daily bars
tables.py intervals DATA OUT SYMBOLS               writes the manifest of the run whose intervals are counted
tables.py coverage HOME OUT DATA SYMBOLS PROGRAM   writes how many outcomes lay in the intervals of that run
tables.py features                                  prints the names of the features
tables.py write HOME OUT DATA SYMBOLS PROGRAM [PEERS ...]           writes the tables of a run in HOME to OUT; PEERS are outputs of models_folds.py
"""

import hashlib
import json
import pathlib
import sqlite3
import subprocess
import sys

SEED = 42
FAMILIES = {
    "linear": "plugin: linear",
    "random_forest": "plugin: random_forest, trees: 100, max_depth: 6, min_leaf: 20",
    "gradient_boosting": "plugin: gradient_boosting, rounds: 100, leaves: 8, learning_rate: 0.05, min_leaf: 50{library}",
    "xgboost": "plugin: xgboost, rounds: 100, max_depth: 3, learning_rate: 0.05",
    "svm": "plugin: svm, c: 0.1",
}
ENSEMBLES = ["voting", "stacking", "bayesian_average", "neural"]
INDICATORS = """
  rsi14: { plugin: rsi, period: 14 }
  ret1: { plugin: rate_of_change, period: 1 }
  ret5: { plugin: rate_of_change, period: 5 }
  ret20: { plugin: rate_of_change, period: 20 }
  bands: { plugin: bollinger_bands }
  volume_ratio: { plugin: volume_ratio }
  williams14: { plugin: williams_r, period: 14 }
  gap60: { expr: "close / sma(close, 60) - 1" }
"""
FEATURES = "rsi14,ret1,ret5,ret20,bands.bandwidth,volume_ratio,williams14,gap60"


def model(name, per, options):
    return f"  {name}: {{ {options}, target: {{ return: 1 bar }}, per: {per}, seed: {SEED} }}"


def manifest(data, symbols, library):
    names = sorted(path.stem for path in pathlib.Path(data).glob("*.csv"))[:symbols]
    library = f', library: "{library}"' if library else ""
    lines = []
    for per in ("pool", "instrument"):
        for family, options in FAMILIES.items():
            lines.append(model(f"{family}_{per}", per, options.format(library=library) + f", features: [{FEATURES}]"))
        members = ", ".join(f"{family}_{per}" for family in FAMILIES)
        for ensemble in ENSEMBLES:
            lines.append(model(f"{ensemble}_{per}", per, f"plugin: {ensemble}, members: [{members}]"))
    return f"""version: 1
host: {{ listen: "127.0.0.1:0", state: var }}
instruments:
  shares: {json.dumps(names)}
providers:
  shares:
    plugin: local_history
    path: "{data}"
    volume_unit: lots
    amount_unit: 1000
    columns: {{ symbol: ts_code }}
routes: {{ daily: {{ from: [shares] }} }}
indicators:{INDICATORS.rstrip()}
models:
""" + "\n".join(lines) + """
sinks:
  files: { plugin: csv, path: var/csv, records: [features] }
pipelines: { main: { instruments: all, route: daily, models: all } }
"""


HORIZONS = [1, 5, 20]


def intervals(data, symbols):
    text = manifest(data, symbols, "")
    models = "".join(
        f"  days{bars}: {{ plugin: linear, target: {{ return: {bars} bars }}, features: [{FEATURES}], seed: {SEED}, interval: 0.9, "
        f"validation: {{ embargo: {bars} }} }}\n" for bars in HORIZONS)
    head, rest = text.split("models:\n", 1)
    sinks = "sinks:\n  keep: { plugin: sqlite, path: var/records.db, records: [predictions, outcomes] }\n"
    return head + "models:\n" + models + sinks + rest[rest.index("pipelines:"):]


def coverage(home, head):
    """Counts outcomes within the interval of their prediction, by the year the prediction was made in."""
    records = sqlite3.connect(pathlib.Path(home, "var/records.db"))
    actual = {row[:3]: row[3] for row in records.execute("SELECT model, instrument, predicted_at, actual FROM outcomes")}
    sums = {}
    for model, instrument, time, year, lower, upper in records.execute("""
            SELECT model, instrument, time, strftime('%Y', time / 1000000000, 'unixepoch'), lower, upper FROM predictions
            WHERE upper IS NOT NULL"""):
        came = actual.get((model, instrument, time))
        if came is not None:
            count, within, width = sums.get((model, year), (0, 0, 0))
            sums[model, year] = (count + 1, within + (lower <= came <= upper), width + upper - lower)
    found = {key: (count, within, width / count) for key, (count, within, width) in sums.items()}
    years = sorted({year for _, year in found})

    def cells(year):
        for bars in HORIZONS:
            count, within, width = found.get((f"days{bars}", year), (0, 0, 0))
            yield "-" if not count else f"{100 * within / count:.1f} % of {count} (width {width:.3f})"

    text = ["# 26 A-shares, intervals of 90 %", "", *head, "",
            "Share of outcomes that lay within the interval of their prediction, by the year that it was made in: a linear model on all "
            "shares, `interval: 0.9`, out of sample from its first test on. As found; in brackets the mean width, a fraction.", "",
            table(["Year", *[f"{bars} day{'s' if bars > 1 else ''} ahead" for bars in HORIZONS]], [[year, *cells(year)] for year in years])]
    return "\n".join(text)


def digest(data, symbols):
    total = hashlib.sha256()
    for path in sorted(pathlib.Path(data).glob("*.csv"))[:symbols]:
        total.update(path.name.encode() + path.read_bytes())
    return total.hexdigest()


def number(value, digits=4):
    return "-" if value is None else f"{value:.{digits}f}"


def cell(metrics, name):
    interval = (metrics.get("intervals") or {}).get(name)
    shown = f" [{number(interval['low'])}, {number(interval['high'])}]" if interval else ""
    return f"{number(metrics.get(name))}{shown} ({number(metrics.get('naive_' + name))})"


def table(header, rows):
    lines = [f"| {' | '.join(header)} |", f"|{'---|' * len(header)}"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows]) + "\n"


def results(cards, head):
    text = ["# 26 A-shares, the next day's return", "", *head, "",
            "Each metric with the interval that 95 of 100 draws of a block bootstrap over event times lie in, and the naive rule in "
            "round brackets. As found: an interval that holds the naive value says \"no skill\".", ""]
    for per, title in (("pool", "One fit for all instruments"), ("instrument", "One fit for each instrument")):
        rows = []
        for name in [*FAMILIES, *ENSEMBLES]:
            card = cards.get(f"{name}_{per}")
            if card is None:
                rows.append([f"`{name}`", "not fitted", "", "", "", "", ""])
                continue
            metrics = card["metrics"]
            rows.append([f"`{name}`", str(card.get("instruments_fitted") or 1), str(metrics["rows"])]
                        + [cell(metrics, key) for key in ("ic", "rank_ic", "r2", "directional_accuracy")])
        text += [f"## {title}", "", table(
            ["Model", "Models", "Rows tested", "IC", "Rank IC", "R2", "Hit rate"], rows)]
    fitted = sum(card.get("instruments_fitted") or 1 for card in cards.values())
    text += [f"{fitted} models fitted in all, each by 5 folds of a walk forward and once on everything.", ""]
    return "\n".join(text)


def parity(metrics, other):
    """Which of the peer's metrics lie within the bootstrap interval of ours."""
    intervals = metrics.get("intervals") or {}
    inside = [name for name in ("ic", "rank_ic", "r2")
              if name in intervals and intervals[name]["low"] <= other[name] <= intervals[name]["high"]]
    return "all" if len(inside) == 3 else ", ".join(inside) or "none"


def timings(cards, peers, head, peak):
    text = ["# Time to fit the same", "", *head, "",
            "Seconds for the folds and the last fit of each, one core each side, on one machine in one run; not the same twice, so apart "
            "from the other tables. Ours / theirs beside each shows that both did the same; which of the three lie within the interval that "
            "ours has by block bootstrap stands behind them. Ours has the leakage gate in it.", ""]
    for per, peer in peers.items():
        rows = []
        for name in FAMILIES:
            card, other = cards.get(f"{name}_{per}"), peer["families"].get(name)
            if card is None or other is None:
                continue
            ours = card["fit_seconds"]
            rows.append([
                f"`{name}`", number(ours, 2), number(other["seconds"], 2), number(other["seconds"] / ours, 1),
                f"{number(card['metrics'].get('ic'))} / {number(other['ic'])}",
                f"{number(card['metrics'].get('rank_ic'))} / {number(other['rank_ic'])}",
                f"{number(card['metrics'].get('r2'))} / {number(other['r2'])}", parity(card["metrics"], other),
                f"{card['metrics']['rows']} / {other['rows']}",
            ])
        ours = sum(cards[f"{name}_{per}"]["fit_seconds"] for name in FAMILIES if f"{name}_{per}" in cards)
        theirs = sum(family["seconds"] for family in peer["families"].values())
        text += [f"## {per}", "", table(
            ["Model", "Penstock, s", "Python, s", "Times as fast", "IC", "Rank IC", "R2", "Within our interval", "Rows"], rows),
            f"All five: {number(ours, 1)} s, Python {number(theirs, 1)} s: {number(theirs / ours, 1)} times as fast. Python: {peer['versions']}, {number(peer['peak_mib'], 0)} MiB at its peak.", ""]
    text += [f"Penstock at its peak, with both kinds and the ensembles: {number(peak, 0)} MiB.", ""]
    return "\n".join(text)


def main():
    verb, *words = sys.argv[1:]
    if verb == "features":
        print(FEATURES)
        return
    if verb == "manifest":
        data, out, symbols, *library = words
        pathlib.Path(out).write_text(manifest(data, int(symbols), library[0] if library else ""))
        return
    if verb == "intervals":
        data, out, symbols = words
        pathlib.Path(out).write_text(intervals(data, int(symbols)))
        return
    home, out, data, symbols, program, *peers = words
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    head = [f"Penstock {version}, seed {SEED}, data SHA-256 `{digest(data, int(symbols))}` ({symbols} files). Made by `make tables`."]
    folder = pathlib.Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    if verb == "coverage":
        (folder / "intervals.md").write_text(coverage(home, head))
        return
    listed = json.loads(pathlib.Path(home, "models.json").read_text())
    cards = {entry["model"]: entry for entry in listed}
    (folder / "a-shares.md").write_text(results(cards, head))
    made = {}
    for path in peers:
        made[pathlib.Path(path).stem] = json.loads(pathlib.Path(path).read_text())
    if not made:
        return
    peak = float(pathlib.Path(home, "peak_mib").read_text())
    (folder / "timings.md").write_text(timings(cards, made, head, peak))


main()
