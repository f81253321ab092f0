#!/usr/bin/env bash
# Installs wrk and makes the environments of the Python programs that scripts/bench.sh compares with:
#
#   .venv-bench             scripts/bench-peers.txt, Python 3.11 ... 3.13, about 1 GB; PYTHON names the interpreter, default python3
#   .venv-torch             Sources/Plugins/Models/Torch/requirements.txt, 1.3 GB; left out where pip finds no build for the CPU
#   .venv-bench-nautilus2   scripts/bench-peers-nautilus2.txt, Python 3.13 or newer; PYTHON313 names it, default python3.13;
#                           without one it is left out, and the bench says so
#
# Does nothing where they are there and current.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PYTHON=${PYTHON:-python3}
PYTHON313=${PYTHON313:-python3.13}

# The load client of the REST rows.
command -v wrk >/dev/null || { [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null && apt-get install --yes --quiet wrk; } \
    || warn "bench-peers: wrk is missing; the REST rows need it. Run: sudo apt-get install wrk"

# is_version PYTHON LOWEST HIGHEST: whether there is such an interpreter, of a version between the two.
is_version() { "$1" -c "import sys; sys.exit(not ($2) <= sys.version_info[:2] <= ($3))" 2>/dev/null; }

is_version "$PYTHON" "3, 11" "3, 13" || die 3 "bench-peers: '$PYTHON' is not Python 3.11 ... 3.13. Set PYTHON to one that is."
make_environment .venv-bench scripts/bench-peers.txt "$PYTHON"
(make_environment .venv-torch Sources/Plugins/Models/Torch/requirements.txt "$PYTHON") \
    || warn "bench-peers: pip finds no PyTorch for the CPU: what needs it is left out. Set PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu."
if is_version "$PYTHON313" "3, 13" "3, 99"; then
    make_environment .venv-bench-nautilus2 scripts/bench-peers-nautilus2.txt "$PYTHON313"
else
    warn "bench-peers: '$PYTHON313' is not Python 3.13 or newer, which Nautilus 2 needs: it is left out. Set PYTHON313 to compare with it."
fi
