#!/usr/bin/env bash
# Checks what a build needs and installs what it may: a Swift toolchain and a few system packages.
#
#   scripts/bootstrap.sh              both checks, and the dashboard's libraries; silent when everything is there
#   scripts/bootstrap.sh toolchain    only the Swift toolchain
#   scripts/bootstrap.sh packages     only the system packages
#
# Exit code 3: something is missing and was not installed; the message gives the command.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

MIN_MAJOR=6
MIN_MINOR=3

# Debian package, the pkg-config module that proves its headers on any system.
REQUIRED=(
    "libcurl4-openssl-dev libcurl"
    "libsqlite3-dev sqlite3"
    "libyaml-dev yaml-0.1"
    "zlib1g-dev zlib"
)
# Without these the plugins that need them are disabled, and the rest works.
OPTIONAL=(
    "libxgboost-dev xgboost"
    "libsvm-dev libsvm"
)

# The official installer's own steps.
swiftly_command() {
    cat <<'TEXT'
curl -O https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz && \
  tar zxf swiftly-$(uname -m).tar.gz && ./swiftly init
TEXT
}

swift_version() { swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p' | head -n 1; }

is_new_enough() {
    local major=${1%%.*} minor=${1#*.}
    [ -n "$1" ] && { [ "$major" -gt "$MIN_MAJOR" ] || { [ "$major" -eq "$MIN_MAJOR" ] && [ "$minor" -ge "$MIN_MINOR" ]; }; }
}

run_swiftly() {
    command -v curl >/dev/null || die 3 "curl is missing; swiftly is downloaded with it. Run: apt-get install curl"
    local folder
    folder=$(mktemp -d)
    # shellcheck disable=SC2064
    trap "rm -rf '$folder'" EXIT
    (cd "$folder" && curl -fO "https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz" \
        && tar zxf "swiftly-$(uname -m).tar.gz" && ./swiftly init) || return 1
    find_swift
}

check_toolchain() {
    local version
    version=$(swift_version || true)
    is_new_enough "$version" && return 0
    warn "Swift toolchain: ${version:-none} found; $MIN_MAJOR.$MIN_MINOR or newer is needed."
    if [ -z "$version" ] && command -v swift >/dev/null; then
        warn "  $(command -v swift) does not run: $(swift --version 2>&1 | head -n 1 || true)"
    fi
    warn "The official installer is swiftly:"
    warn "  $(swiftly_command)"
    if [ -t 0 ] && [ -t 1 ]; then
        local answer
        read -r -p "Run it now? [y/N] " answer || answer=n
        case "$answer" in
            [yY]*)
                run_swiftly || die 3 "swiftly did not finish; its message is above."
                is_new_enough "$(swift_version || true)" && return 0
                die 3 "swiftly ran, and 'swift' is still not $MIN_MAJOR.$MIN_MINOR or newer. Open a new shell and try again."
                ;;
        esac
    fi
    die 3 "Install it, open a new shell, then run make again."
}

# Reads "package module" lines as arguments; prints the packages that neither dpkg nor pkg-config knows.
missing_packages() {
    local installed="" entry package module
    if command -v dpkg-query >/dev/null; then
        installed=$(dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' "${@%% *}" 2>/dev/null || true)
    fi
    for entry in "$@"; do
        package=${entry%% *} module=${entry#* }
        grep -qx "installed $package" <<<"$installed" && continue
        pkg-config --exists "$module" 2>/dev/null && continue
        printf '%s\n' "$package"
    done
}

# Prints "", "sudo -n" or "no": how this user may call apt-get.
apt_prefix() {
    if ! command -v apt-get >/dev/null; then
        echo no
    elif [ "$(id -u)" -eq 0 ]; then
        echo ""
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        echo "sudo -n"
    else
        echo no
    fi
}

apt_install() {
    local prefix=$1
    shift
    # shellcheck disable=SC2086
    $prefix env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends "$@" </dev/null
}

say_how_to_install() {
    if command -v apt-get >/dev/null; then
        local sudo=""
        [ "$(id -u)" -eq 0 ] || sudo="sudo "
        warn "Run: ${sudo}apt-get update && ${sudo}apt-get install --yes $*"
    else
        warn "This system has no apt. Install what your distribution calls these packages, so that pkg-config finds:"
        warn "  $(printf '%s ' "${REQUIRED[@]#* }")"
        warn "And, for the models that need them: ${OPTIONAL[*]#* }"
    fi
}

warn_optional() {
    warn "Note: $* is not installed, so the models that need it are disabled; the rest works."
    say_how_to_install "$@"
}

install_optional() {
    local prefix=$1
    shift
    if [ "$prefix" = no ] || ! apt-cache show "$@" >/dev/null 2>&1; then
        warn_optional "$@"
    else
        apt_install "$prefix" "$@" || warn_optional "$@"
    fi
}

check_packages() {
    local missing optional prefix
    mapfile -t missing < <(missing_packages "${REQUIRED[@]}")
    command -v pkg-config >/dev/null || missing+=(pkg-config)
    mapfile -t optional < <(missing_packages "${OPTIONAL[@]}")
    [ ${#missing[@]} -gt 0 ] || [ ${#optional[@]} -gt 0 ] || return 0
    prefix=$(apt_prefix)
    if [ ${#missing[@]} -gt 0 ]; then
        if [ "$prefix" = no ]; then
            warn "System packages are missing: ${missing[*]}. They cannot be installed from here."
            say_how_to_install "${missing[@]}" "${optional[@]}"
            exit 3
        fi
        say "Installing system packages: ${missing[*]}"
        # shellcheck disable=SC2086
        $prefix apt-get update --quiet </dev/null || warn "apt-get update did not finish; trying with the lists that are here."
        apt_install "$prefix" "${missing[@]}" || die 3 "apt-get did not install ${missing[*]}; its message is above."
    fi
    [ ${#optional[@]} -eq 0 ] || install_optional "$prefix" "${optional[@]}"
}

case "${1:-all}" in
    all)
        check_toolchain
        check_packages
        # Without them the host runs, and the dashboard says what it lacks.
        scripts/dashboard-libraries.sh || true
        ;;
    toolchain) check_toolchain ;;
    packages) check_packages ;;
    *) die 2 "bootstrap: unknown part '$1'; allowed: toolchain, packages, or nothing for both." ;;
esac
