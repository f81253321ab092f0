#!/usr/bin/env bash
# Makes every table of docs/results anew: 26 A-shares by five algorithms, for all and for each, four ensembles over them, and intervals by year.
#
#   scripts/tables.sh [OUT]     folder of the tables; default: docs/results
#
# a-shares.md is the same at every run of one version, seed and data; timings.md is not, and has the Python libraries beside it where
# .venv-bench is there (make bench-peers), else it stays as it is. PENSTOCK names an executable in place of the release build; SYMBOLS takes fewer shares.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

OUT=${1:-docs/results}
SYMBOLS=${SYMBOLS:-26}
DATA=$(readlink -f "${PENSTOCK_MARKET:-../shared/data/market}/qbot_a_share_daily") || true
PYTHON=.venv-bench/bin/python
[ -d "$DATA" ] || die 3 "tables: the daily bars are not there. Set PENSTOCK_MARKET to the folder that has qbot_a_share_daily."
command -v python3 >/dev/null || die 3 "tables: python3 is missing; it writes the tables. Run: apt-get install python3"
if [ -z "${PENSTOCK:-}" ]; then
    scripts/bootstrap.sh
    swift build -c release --product penstock "${SWIFT_FLAGS[@]}" >&2
    PENSTOCK=.build/release/penstock
fi
PENSTOCK=$(readlink -f "$PENSTOCK")

FOLDER=$(mktemp -d)
trap 'rm -rf "$FOLDER"' EXIT
LIBRARY=$(compgen -G "$PWD/.venv-bench/lib/python3*/site-packages/lightgbm/lib/lib_lightgbm.so" | head -n 1) || true
python3 scripts/tables.py manifest "$DATA" "$FOLDER/plugins.yaml" "$SYMBOLS" $LIBRARY
cd "$FOLDER"
warn "tables [$SECONDS s]: fitting"
# The peak of the program alone: it is the only child.
python3 - "$PENSTOCK" <<'PEAK' || die 1 "tables: the run ended with a fault; its message is above."
import pathlib, resource, subprocess, sys
code = subprocess.run([sys.argv[1], "run", "--once"], stdout=subprocess.DEVNULL).returncode
pathlib.Path("peak_mib").write_text(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024))
sys.exit(code)
PEAK
"$PENSTOCK" models list --cards >models.json
cd "$OLDPWD"
PEER=()
for per in pool instrument; do
    [ -x "$PYTHON" ] || { warn "tables: no Python libraries beside it; make bench-peers installs them."; break; }
    warn "tables [$SECONDS s]: Python, $per"
    "$PYTHON" -B Tests/Benchmarks/Peers/models_folds.py "$FOLDER/var/csv/features-main.csv" "$per" \
        "$(python3 scripts/tables.py features)" >"$FOLDER/$per.json"
    PEER+=("$FOLDER/$per.json")
done
python3 scripts/tables.py write "$FOLDER" "$OUT" "$DATA" "$SYMBOLS" "$PENSTOCK" "${PEER[@]}"

warn "tables [$SECONDS s]: intervals"
mkdir "$FOLDER/intervals"
python3 scripts/tables.py intervals "$DATA" "$FOLDER/intervals/plugins.yaml" "$SYMBOLS"
(cd "$FOLDER/intervals" && "$PENSTOCK" run --once >/dev/null) || die 1 "tables: the run with intervals ended with a fault; its message is above."
python3 scripts/tables.py coverage "$FOLDER/intervals" "$OUT" "$DATA" "$SYMBOLS" "$PENSTOCK"
say "tables: $OUT"
