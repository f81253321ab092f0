#!/usr/bin/env bash
# Feeds damaged input to the parsers of bytes from outside, for a bounded time, and keeps the input of each crash.
#
#   scripts/fuzz.sh [TARGET ...]      frames manifest plugin; default: all, in this order
#
# SECONDS_EACH (default 20) is the time for each target, SEED (default 1) fixes the random choices. Coverage-guided where the
# compiler has libFuzzer, else seeded mutations. Memory is bounded. Ends with 1 when something was found: the input is in
# .build-fuzz/findings/.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

EACH=${SECONDS_EACH:-20}
SEED=${SEED:-1}
FOLDER=.build-fuzz
FINDINGS=$FOLDER/findings
BINARY=$FOLDER/debug/penstock-fuzz
mkdir -p "$FINDINGS"
# The fuzzer writes the input of a crash; a handler before it would end the program first.
export SWIFT_BACKTRACE=enable=no

wanted=("$@")
[ ${#wanted[@]} -gt 0 ] || wanted=(frames manifest plugin)

has_libfuzzer() {
    local work result=1
    work=$(mktemp -d)
    printf '@_cdecl("LLVMFuzzerTestOneInput") public func f(_ p: UnsafePointer<UInt8>, _ n: Int) -> Int32 { 0 }\n' >"$work/f.swift"
    swiftc -parse-as-library -sanitize=fuzzer "$work/f.swift" -o "$work/f" >/dev/null 2>&1 && result=0
    rm -rf "$work"
    return "$result"
}

seeds_of() {
    case $1 in
    frames) ls Tests/Fixtures/Fuzz/frames/*.bin ;;
    manifest) echo plugins.yaml ;;
    plugin) ls examples/*/plugin.yaml ;;
    *) die 2 "fuzz: unknown target '$1'; allowed: frames, manifest, plugin." ;;
    esac
}

found=0
say "fuzz: building"
if has_libfuzzer; then
    swift build --scratch-path "$FOLDER" --product penstock-fuzz --sanitize fuzzer -Xswiftc -DFUZZER >"$FOLDER/log" 2>&1 ||
        { tail -n 20 "$FOLDER/log" >&2; die 1 "fuzz: the build failed."; }
    for target in "${wanted[@]}"; do
        corpus=$FOLDER/corpus/$target
        mkdir -p "$corpus"
        for file in $(seeds_of "$target"); do cp "$file" "$corpus/$(cksum <"$file" | cut -d' ' -f1)"; done
        say "fuzz: $target, $EACH s, coverage-guided"
        PENSTOCK_FUZZ_TARGET=$target timeout --kill-after=5 $((EACH + 60)) "$BINARY" -max_total_time="$EACH" -seed="$SEED" \
            -rss_limit_mb=1024 -malloc_limit_mb=256 -timeout=5 -max_len=16384 -print_final_stats=1 \
            -artifact_prefix="$FINDINGS/$target-" "$corpus" >"$FOLDER/$target.log" 2>&1 || found=1
        grep -E 'stat::number_of_executed_units|^SUMMARY|Test unit written' "$FOLDER/$target.log" || tail -n 3 "$FOLDER/$target.log"
    done
else
    swift build --scratch-path "$FOLDER" --product penstock-fuzz >"$FOLDER/log" 2>&1 ||
        { tail -n 20 "$FOLDER/log" >&2; die 1 "fuzz: the build failed."; }
    for target in "${wanted[@]}"; do
        say "fuzz: $target, $EACH s, seeded mutations"
        # shellcheck disable=SC2046
        (ulimit -v 8388608; PENSTOCK_FUZZ_TARGET=$target timeout --kill-after=5 $((EACH + 60)) "$BINARY" "$EACH" "$SEED" \
            "$FINDINGS/$target-current" $(seeds_of "$target")) || { found=1; warn "fuzz: the input is $FINDINGS/$target-current"; }
    done
fi
[ "$found" -eq 0 ] || die 1 "fuzz: something was found; the inputs are in $FINDINGS."
say "fuzz: nothing was found"
