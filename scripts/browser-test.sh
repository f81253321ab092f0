#!/usr/bin/env bash
# Looks at every page of the dashboard in headless Chromium, against a host that runs the shipped manifest:
# scripts/browser-test.sh [arguments of pytest, as -k instrument]
#
# Makes .venv-browser with scripts/browser-test.txt. Needs a program (make build) and Debian's chromium; CHROMIUM and PENSTOCK name
# others. Screenshots go to .build/browser.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

FOLDER=.venv-browser
LIST=scripts/browser-test.txt

install() {
    cmp --silent "$LIST" "$FOLDER/installed.txt" && return 0
    command -v python3 >/dev/null || die 3 "browser-test: Python 3 is not here. Install it: apt-get install python3-venv."
    rm -rf "$FOLDER"
    python3 -m venv "$FOLDER" || die 3 "browser-test: no virtual environment was made. Install python3-venv."
    "$FOLDER/bin/pip" install --quiet --disable-pip-version-check --requirement "$LIST" \
        || die 3 "browser-test: pip did not install $LIST; its message is above."
    cp "$LIST" "$FOLDER/installed.txt"
}

CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || true)}
[ -n "$CHROMIUM" ] || die 3 "browser-test: no Chromium is here. Run: apt-get install chromium, or set CHROMIUM."
PENSTOCK=$(readlink -f "${PENSTOCK:-.build/debug/penstock}")
[ -x "$PENSTOCK" ] || die 3 "browser-test: no program at $PENSTOCK. Run: make build"
scripts/dashboard-libraries.sh || exit 3
install
export CHROMIUM PENSTOCK
exec "$FOLDER/bin/python" -B -m pytest --quiet -p no:cacheprovider Tests/Browser "$@"
