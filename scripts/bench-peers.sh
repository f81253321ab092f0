#!/usr/bin/env bash
# Installs wrk and makes .venv-bench with the Python programs that scripts/bench.sh compares with (scripts/bench-peers.txt; about 1 GB).
# Does nothing when it is there and current. PYTHON names the interpreter, 3.11 ... 3.13; default python3.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

VENV=.venv-bench
LIST=scripts/bench-peers.txt
PYTHON=${PYTHON:-python3}

# The load client of the REST rows.
command -v wrk >/dev/null || { [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null && apt-get install --yes --quiet wrk; } \
    || warn "bench-peers: wrk is missing; the REST rows need it. Run: sudo apt-get install wrk"

if cmp --silent "$LIST" "$VENV/installed.txt"; then
    say "$VENV is there and current."
    exit 0
fi
"$PYTHON" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null \
    || die 3 "bench-peers: '$PYTHON' is not Python 3.11 ... 3.13. Set PYTHON to one that is."
rm -rf "$VENV"
"$PYTHON" -m venv "$VENV" || die 3 "bench-peers: $PYTHON cannot make an environment. Run: apt-get install python3-venv"
"$VENV/bin/python" -m pip install --disable-pip-version-check --requirement "$LIST" \
    || die 3 "bench-peers: pip did not install $LIST; its message is above."
cp "$LIST" "$VENV/installed.txt"
say "$VENV is ready."
