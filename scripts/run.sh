#!/usr/bin/env bash
# Builds Penstock in release and becomes it: `scripts/run.sh [arguments of penstock run]`.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

scripts/bootstrap.sh
swift build -c release --product penstock "${SWIFT_FLAGS[@]}"
# exec: Ctrl-C and SIGTERM reach penstock itself, once.
exec .build/release/penstock run "$@"
