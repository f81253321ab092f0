#!/usr/bin/env bash
# Asks a running host what its own description allows and forbids: scripts/fuzz-api.sh [--install | PENSTOCK]
#
# Makes .venv-fuzz-api with scripts/fuzz-api.txt (Python 3.10 or newer), starts the shipped manifest in a temporary folder, holds
# /openapi.json to the standard and lets schemathesis make requests out of it: no answer may be a 5xx that is not declared, each
# must fit its declared shape, what breaks a bound must be refused. --install only makes the environment, where the tests look for the
# validator. EXAMPLES: requests a route, default 100; SEED: default 1, so that a run can be repeated.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

FOLDER=.venv-fuzz-api

make_environment "$FOLDER" scripts/fuzz-api.txt
[ "${1:-}" != --install ] || exit 0

PENSTOCK=$(readlink -f "${1:-$(swift build --show-bin-path)/penstock}")
[ -x "$PENSTOCK" ] || die 3 "fuzz-api: no executable at $PENSTOCK. Run make build first."
TOOLS=$PWD/$FOLDER/bin
SETTINGS=$PWD/scripts/fuzz-api.toml
HOME_FOLDER=$(mktemp -d)
SERVICE=""

clean_up() {
    [ -z "$SERVICE" ] || stop_process "$SERVICE" 10 || true
    rm -rf "$HOME_FOLDER"
}
trap clean_up EXIT

make_home "$HOME_FOLDER"
PORT=$(free_port 18200)
cd "$HOME_FOLDER"
"$PENSTOCK" run --config plugins.yaml --listen "127.0.0.1:$PORT" </dev/null >service.log 2>&1 &
SERVICE=$!
wait_for_url "http://127.0.0.1:$PORT/health/ready" 300 "$SERVICE" \
    || { tail -n 40 service.log >&2; die 1 "fuzz-api: the host was not ready within 300 s; what it said is above."; }

say "fuzz-api: openapi-spec-validator"
curl --silent --fail --max-time 30 --output openapi.json "http://127.0.0.1:$PORT/openapi.json" \
    || die 1 "fuzz-api: /openapi.json was not answered with 2xx."
"$TOOLS/openapi-spec-validator" openapi.json || die 1 "fuzz-api: the description is no OpenAPI; what is wrong is above."

say "fuzz-api: schemathesis, ${EXAMPLES:-100} requests a route, seed ${SEED:-1}"
cp "$SETTINGS" schemathesis.toml
"$TOOLS/schemathesis" run openapi.json --url "http://127.0.0.1:$PORT" --max-examples "${EXAMPLES:-100}" \
    --seed "${SEED:-1}" --exclude-path-regex "^/(ws|sse)/" --header "Authorization: Bearer $(cat var/control/token)" \
    || die 1 "fuzz-api: what does not hold is above; SEED=${SEED:-1} repeats it."
kill -0 "$SERVICE" 2>/dev/null || die 1 "fuzz-api: the host ended meanwhile."
