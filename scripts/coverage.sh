#!/usr/bin/env bash
# Runs the tests with coverage and prints line coverage per module; marks the modules that must reach 90 % and do not.
#
#   scripts/coverage.sh            runs the tests, prints the table
#   scripts/coverage.sh --files    prints each file under its module too
#   scripts/coverage.sh --report   only prints, from the last run
#
# Exit code 1: a test failed, or a module is below its floor.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

FLOOR=90
FLOOR_MODULES="PluginKit/PluginKit Host/Manifest Host/Core Plugins/Indicators"
BUILD=(--scratch-path .build-coverage)

# Prints the path of a tool of the Swift toolchain: the profile format belongs to the compiler's own LLVM.
toolchain_tool() {
    local swift
    swift=$(readlink -f "$(command -v swift)")
    local tool
    tool="$(dirname "$swift")/$1"
    # With swiftly, `swift` is a proxy and the toolchain is elsewhere; swiftly has a proxy for the tool as well.
    [ -x "$tool" ] || tool="$(dirname "$(command -v swift)")/$1"
    [ -x "$tool" ] || die 3 "coverage: $1 is not beside $swift. Install the complete Swift toolchain."
    printf '%s\n' "$tool"
}

# Prints lcov records of this repository's files. The kit is a shared library: its counters are in its own image.
export_lcov() {
    local bin test_binary objects=()
    bin=$(swift build "${BUILD[@]}" --show-bin-path)
    [ -r "$bin/codecov/default.profdata" ] || die 1 "coverage: no profile in $bin/codecov. Run scripts/coverage.sh first."
    test_binary=$(find "$bin" -maxdepth 1 -name '*.xctest' | head -n 1)
    [ -n "$test_binary" ] || die 1 "coverage: no test binary in $bin. Run scripts/coverage.sh first."
    while IFS= read -r library; do objects+=(-object "$library"); done < <(find "$bin" -maxdepth 1 -name 'lib*.so')
    "$(toolchain_tool llvm-cov)" export "$test_binary" "${objects[@]}" -instr-profile "$bin/codecov/default.profdata" \
        -format lcov -ignore-filename-regex '(/\.build|/Tests/|/checkouts/)'
}

# Groups lcov records by module folder: PluginKit/Sources/<M>, Sources/Host/<M>, Sources/Plugins/Indicators, Sources/Plugins/<Kind>/<M>.
print_table() {
    awk -v root="$PWD/" -v floor="$FLOOR" -v floors="$FLOOR_MODULES" -v with_files="$1" '
        function module_of(path, p, n) {
            n = split(path, p, "/")
            if (p[1] == "PluginKit") return "PluginKit/" p[3]
            if (p[1] != "Sources") return ""
            if (p[2] == "Plugins" && p[3] != "Indicators" && n > 4) return "Plugins/" p[3] "/" p[4]
            return n > 3 ? p[2] "/" p[3] : p[2]
        }
        function percent(covered, lines) { return lines ? 100 * covered / lines : 100 }
        BEGIN { n = split(floors, f, " "); for (i = 1; i <= n; i++) has_floor[f[i]] = 1 }
        /^SF:/ { path = substr($0, 4); if (index(path, root) == 1) path = substr(path, length(root) + 1); delete hit }
        # A line counts once, and is covered when any image or instance ran it.
        /^DA:/ { split(substr($0, 4), d, ","); if (!(d[1] in hit) || hit[d[1]] < d[2]) hit[d[1]] = d[2] }
        /^end_of_record/ {
            m = module_of(path)
            if (m == "") next
            for (l in hit) { fl[path]++; ml[m]++; if (hit[l] > 0) { fc[path]++; mc[m]++ } }
            files[m] = files[m] path "\n"
        }
        END {
            printf "%-40s %9s %9s %8s\n", "Module", "Lines", "Covered", "Percent"
            for (m in ml) names[++k] = m
            for (i = 2; i <= k; i++) for (j = i; j > 1 && names[j] < names[j - 1]; j--) { t = names[j]; names[j] = names[j - 1]; names[j - 1] = t }
            for (i = 1; i <= k; i++) {
                m = names[i]; value = percent(mc[m], ml[m]); mark = ""
                if (m in has_floor) { seen[m] = 1; if (value < floor) { mark = "  < " floor " %"; low++ } }
                printf "%-40s %9d %9d %7.1f%%%s\n", m, ml[m], mc[m], value, mark
                if (with_files) { c = split(files[m], q, "\n"); for (x = 1; x < c; x++) printf "  %-38s %9d %9d %7.1f%%\n", q[x], fl[q[x]], fc[q[x]], percent(fc[q[x]], fl[q[x]]) }
                all += ml[m]; covered += mc[m]
            }
            printf "%-40s %9d %9d %7.1f%%\n", "All", all, covered, percent(covered, all)
            for (m in has_floor) if (!seen[m]) { printf "%s: no lines measured; at least %d %% of its lines must be.\n", m, floor; low++ }
            if (low) printf "Modules below %d %%: %d of %d that must reach it.\n", floor, low, n
            exit low > 0
        }'
}

with_files=0
run_tests=1
for argument in "$@"; do
    case "$argument" in
        --files) with_files=1 ;;
        --report) run_tests=0 ;;
        *) die 2 "coverage: unknown argument '$argument'; allowed: --files, --report." ;;
    esac
done
if [ "$run_tests" -eq 1 ]; then
    scripts/bootstrap.sh
    swift test "${BUILD[@]}" --enable-code-coverage "${SWIFT_FLAGS[@]}"
fi
export_lcov | print_table "$with_files"
