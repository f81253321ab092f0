#!/usr/bin/env bash
# Computes what TA-Lib's PyPI wheel says of all its functions over real bars, for LiveGoldenTests: .build/golden/IBM.csv.
#
# Makes .venv-golden (scripts/golden.txt) the first time. Where Python or pip is missing, or no network reaches PyPI, it says so and
# leaves no file: the stored references in Tests/Fixtures/Indicators serve. Does nothing where the file is newer than what makes it.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

FIXTURES=Tests/Fixtures/Indicators
HISTORY=data/history/IBM.csv
RESULT=.build/golden/IBM.csv

if [ -s "$RESULT" ] && [ -z "$(find "$FIXTURES"/*.py "$HISTORY" scripts/golden.txt -newer "$RESULT")" ]; then exit 0; fi
rm -f "$RESULT"
if ! (make_environment .venv-golden scripts/golden.txt "${PYTHON:-python3}"); then
    warn "golden: TA-Lib's wheel is not here, so indicators are compared with the stored references alone."
    exit 0
fi
mkdir -p "$(dirname "$RESULT")"
.venv-golden/bin/python -B "$FIXTURES/talib_values.py" "$HISTORY" "$RESULT"
