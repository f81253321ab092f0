#!/usr/bin/env bash
# Fetches the libraries the dashboard draws with into dashboard/libraries, out of wheels pinned by digest. Silent when they are
# there. Needs python3 with pip; PIP_NO_INDEX=1 with PIP_FIND_LINKS=FOLDER takes the wheels from a folder.
#
# Exit code 3: they could not be had. The host runs without them; the pages that need them say so.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

LIST=scripts/dashboard-libraries.txt
FOLDER=dashboard/libraries

# A file of a wheel, and its name here.
FILES=(
    "datasette_preact/static/preact-10.27.2-htm-3.1.1.min.js preact-htm.js"
    "datasette_preact-0.0.1.dist-info/licenses/LICENSE apache-2.0.txt"
    "lightweight_charts/js/lightweight-charts.js lightweight-charts.js"
    "metaflow_extensions/card_uplot/plugins/cards/uplot/uplot/uPlot.iife.min.js uplot.js"
    "metaflow_extensions/card_uplot/plugins/cards/uplot/uplot/uPlot.min.css uplot.css"
)

missing() {
    die 3 "Note: $1, so the dashboard has no libraries to draw with; the rest works." \
        "Run 'make dashboard-libraries' where PyPI is reached, or with PIP_NO_INDEX=1 PIP_FIND_LINKS=FOLDER and the wheels of $LIST in it."
}

cmp --silent "$LIST" "$FOLDER/wheels.txt" && exit 0
command -v python3 >/dev/null || missing "python3 is missing"
python3 -m pip --version >/dev/null 2>&1 || missing "pip is missing (Debian: apt-get install python3-pip)"

SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT
python3 -m pip download --quiet --disable-pip-version-check --retries 1 --timeout 10 --no-deps --only-binary :all: \
    --require-hashes --requirement "$LIST" --dest "$SCRATCH" 2>"$SCRATCH/log" \
    || missing "the dashboard's libraries could not be fetched ($(grep -m 1 ^ERROR "$SCRATCH/log" | cut -c 1-200))"
for wheel in "$SCRATCH"/*.whl; do python3 -m zipfile --extract "$wheel" "$SCRATCH/files"; done
mkdir -p "$FOLDER"
for entry in "${FILES[@]}"; do install -m 644 "$SCRATCH/files/${entry% *}" "$FOLDER/${entry#* }"; done
# Last, so that an interrupted run is done again.
install -m 644 "$LIST" "$FOLDER/wheels.txt"
