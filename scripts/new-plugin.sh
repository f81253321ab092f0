#!/usr/bin/env bash
# Makes plugins from the templates, builds, tests and runs them as their README says, and prints how long each took.
#
#   scripts/new-plugin.sh [KIND:LANGUAGE ...]     default: provider:swift provider:python; `all` for all eight
#
# Needs the debug build of penstock. Nothing but the compiler's own caches is left behind. Ends with 1 when one fails or takes
# longer than a newcomer was promised: 10 minutes.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PROMISE=600
PENSTOCK=$PWD/.build/debug/penstock
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
[ -x "$PENSTOCK" ] || die 3 "new-plugin: $PENSTOCK is missing. Run make build."

wanted=("$@")
[ ${#wanted[@]} -gt 0 ] || wanted=(provider:swift provider:python)
if [ "${wanted[*]}" = all ]; then
    wanted=()
    for kind in provider indicator model sink; do wanted+=("$kind:swift" "$kind:python"); done
fi

# The steps of the README, in the new folder; joined, since errexit has no power inside a condition.
walk() {
    { if [ "$1" = swift ]; then make && swift test; else python3 -m unittest; fi; } &&
        "$PENSTOCK" plugins test . &&
        "$PENSTOCK" plugins lock --config plugins.yaml &&
        "$PENSTOCK" run --once --config plugins.yaml
}

for one in "${wanted[@]}"; do
    kind=${one%:*} language=${one#*:} start=$SECONDS
    name=${language}_${kind}
    say "== $kind in $language"
    (cd "$WORK" && "$PENSTOCK" plugins new "$kind" "$name" --lang "$language")
    if ! (cd "$WORK/$name" && walk "$language") >"$WORK/log" 2>&1; then
        tail -n 60 "$WORK/log" >&2
        die 1 "new-plugin: $kind in $language does not pass; the end of its output is above."
    fi
    grep -E '^level: ' "$WORK/log"
    spent=$((SECONDS - start))
    say "$kind in $language: built, tested and run in $spent s (promised: $PROMISE s)"
    [ "$spent" -lt "$PROMISE" ] || die 1 "new-plugin: $kind in $language took $spent s; promised are $PROMISE s."
done
