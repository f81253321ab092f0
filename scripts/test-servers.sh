#!/usr/bin/env bash
# Makes .venv-servers with scripts/test-servers.txt: servers that tests start and Debian does not have. Tests that miss them are skipped.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

make_environment .venv-servers scripts/test-servers.txt
