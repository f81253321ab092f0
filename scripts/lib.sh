# shellcheck shell=bash
# What the scripts share. Sourced, never run: sets strict mode, goes to the repository's root, finds Swift.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Undeclared imports between targets are errors in every build.
# shellcheck disable=SC2034
SWIFT_FLAGS=(--explicit-target-dependency-import-check error)

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }

# Prints the message and ends with the code: 1 run time, 2 usage or configuration, 3 environment.
die() {
    local code=$1
    shift
    printf '%s\n' "$*" >&2
    exit "$code"
}

# Puts the toolchain that swiftly installed on PATH where the shell does not know it yet (before the next login).
find_swift() {
    command -v swift >/dev/null 2>&1 && return 0
    local env="${SWIFTLY_HOME_DIR:-${HOME:-}/.local/share/swiftly}/env.sh"
    [ -r "$env" ] || return 0
    set +u
    # shellcheck disable=SC1090
    . "$env"
    set -u
}

# make_environment FOLDER LIST [PYTHON]: a virtual environment with what the list names, unless it is there and current.
make_environment() {
    local python=${3:-python3} who
    who=$(basename "$0" .sh)
    cmp --silent "$2" "$1/installed.txt" && return 0
    command -v "$python" >/dev/null || die 3 "$who: $python is not here. Install it: apt-get install python3-venv."
    rm -rf "$1"
    "$python" -m venv "$1" || die 3 "$who: $python cannot make an environment. Run: apt-get install python3-venv."
    "$1/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$2" \
        || die 3 "$who: pip did not install $2; its message is above."
    cp "$2" "$1/installed.txt"
}

# Prints a free port of the loopback interface, at or after the given one.
free_port() {
    local port
    for ((port = $1; port < $1 + 500; port++)); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { printf '%s\n' "$port"; return 0; }
    done
    die 3 "No free port between $1 and $((port - 1)) on 127.0.0.1."
}

# make_home FOLDER: a folder with the shipped manifest and data where a run keeps its state apart from var/.
make_home() {
    mkdir -p "$1"
    cp plugins.yaml "$1/"
    ln -s "$PWD/data" "$1/data"
}

# wait_for_url URL SECONDS PID: true once the URL answers 2xx; false when the time is over or the process has ended.
wait_for_url() {
    local end=$((SECONDS + $2))
    while [ "$SECONDS" -lt "$end" ]; do
        curl --silent --fail --max-time 2 --output /dev/null "$1" && return 0
        kill -0 "$3" 2>/dev/null || return 1
        sleep 0.2
    done
    return 1
}

# stop_process PID SECONDS: asks with SIGTERM, insists with SIGKILL after the time; returns the process's exit code.
stop_process() {
    local end=$((SECONDS + $2)) code=0
    kill -TERM "$1" 2>/dev/null || true
    while kill -0 "$1" 2>/dev/null && [ "$SECONDS" -lt "$end" ]; do sleep 0.1; done
    kill -KILL "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || code=$?
    return "$code"
}

find_swift
