"""Holds the dashboards of deploy/grafana to Grafana's own types, and their queries to PromQL: check-dashboards.py [PROMETHEUS-URL]

With the address of a Prometheus that scrapes a host each query is asked there too, and those that gave nothing are listed: it ends with 1
where one was refused, or where no query of a dashboard gave anything. scripts/check-dashboards.sh makes the environment.
"""

import json
import pathlib
import sys
import urllib.parse
import urllib.request

import promql_parser
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

import grafana_foundation_sdk.models.dashboard as model  # noqa: F401  registers the panels

FOLDER = pathlib.Path(__file__).parent.parent / "deploy" / "grafana"
# What a panel may be and what a number may be counted in, of what Grafana knows: its types take any text.
PANELS = {"row", "timeseries"}
UNITS = {"short", "s", "bytes", "percentunit", "cps"}


def keys(value, path=""):
    """The paths of a JSON value's keys, lists by position."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield f"{path}.{key}"
            yield from keys(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from keys(inner, f"{path}[{place}]")


def typed(value, path=""):
    """Faults of scalars that Grafana's types let pass."""
    place = value.get("gridPos", {})
    if not all(isinstance(place.get(key), int) for key in "hwxy") or place["x"] + place["w"] > 24:
        yield f"{value.get('title')}: gridPos is {place}"
    if value.get("type") not in PANELS:
        yield f"{value.get('title')}: type is {value.get('type')}"
    unit = value.get("fieldConfig", {}).get("defaults", {}).get("unit", "short")
    if unit not in UNITS:
        yield f"{value.get('title')}: unit is {unit}"


def expression(text):
    """A query without Grafana's own words."""
    return text.replace("$__rate_interval", "10s").replace("$instance", ".*")


def answer(server, query):
    """How many series a query gives; raises where it is refused."""
    address = f"{server}/api/v1/query?" + urllib.parse.urlencode({"query": query})
    with urllib.request.urlopen(address, timeout=30) as reply:
        return len(json.load(reply)["data"]["result"])


def main():
    server, faults = (sys.argv[1] if len(sys.argv) > 1 else None), []
    for file in sorted(FOLDER.glob("*.json")):
        found = json.loads(file.read_text())
        known = json.loads(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(found)))
        faults += [f"{file.name}: Grafana knows no {key}" for key in sorted(set(keys(found)) - set(keys(known)))]
        ids = [panel["id"] for panel in found["panels"]]
        if len(ids) != len(set(ids)):
            faults.append(f"{file.name}: two panels have one id")
        queries, silent = 0, []
        for panel in found["panels"]:
            faults += [f"{file.name}: {fault}" for fault in typed(panel)]
            for target in panel.get("targets", []):
                queries += 1
                try:
                    promql_parser.parse(expression(target["expr"]))
                    if server and answer(server, expression(target["expr"])) == 0:
                        silent.append(panel["title"])
                except Exception as error:  # a fault of one query leaves the others to be looked at
                    faults.append(f"{file.name}: {panel['title']}: {error}")
        said = f", {queries - len(silent)} gave data" if server else ""
        print(f"{file.name}: {len(ids)} panels, {queries} queries{said}")
        for title in sorted(set(silent)):
            print(f"    nothing to show: {title}")
        if server and queries == len(silent):
            faults.append(f"{file.name}: no query gave anything")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
