#!/usr/bin/env bash
# Looks at every page of the dashboard in headless Chromium, against a host that runs the shipped manifest:
# scripts/browser-test.sh [arguments of pytest, as -k instrument]
#
# Makes .venv-browser with scripts/browser-test.txt. Needs a program (make build) and Debian's chromium; CHROMIUM and PENSTOCK name
# others. Screenshots go to .build/browser.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

FOLDER=.venv-browser

CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || true)}
[ -n "$CHROMIUM" ] || die 3 "browser-test: no Chromium is here. Run: apt-get install chromium, or set CHROMIUM."
PENSTOCK=$(readlink -f "${PENSTOCK:-.build/debug/penstock}")
[ -x "$PENSTOCK" ] || die 3 "browser-test: no program at $PENSTOCK. Run: make build"
scripts/dashboard-libraries.sh || exit 3
make_environment "$FOLDER" scripts/browser-test.txt
export CHROMIUM PENSTOCK
exec "$FOLDER/bin/python" -B -m pytest --quiet -p no:cacheprovider Tests/Browser "$@"
