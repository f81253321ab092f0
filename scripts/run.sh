#!/usr/bin/env bash
# Builds Penstock in release and becomes it: `scripts/run.sh [arguments of penstock run]`.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Where SwiftPM builds.
PENSTOCK=${SWIFTPM_BUILD_DIR:-.build}/release/penstock
scripts/bootstrap.sh
if [ ! -x "$PENSTOCK" ]; then
    say "Building Penstock in release: about 500 files of its own and of its packages, once."
    say "That takes some 10 minutes on 2 cores, more where they are busy (here: $(nproc)); later runs build only what changed."
    say "Then plugins.yaml runs: history is read, three models are fitted, a table is printed, and it serves until Ctrl-C."
fi
swift build -c release --product penstock "${SWIFT_FLAGS[@]}"
# exec: Ctrl-C and SIGTERM reach penstock itself, once.
exec "$PENSTOCK" run "$@"
