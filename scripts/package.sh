#!/usr/bin/env bash
# Puts Penstock into a folder that runs anywhere without a Swift toolchain, packs it, and tries what was packed.
#
#   scripts/package.sh install PREFIX      bin, lib and share below PREFIX, that below $DESTDIR
#   scripts/package.sh uninstall PREFIX    takes away what install put there
#   scripts/package.sh archives            .build/package/penstock-VERSION-linux-ARCH.tar.gz and, with dpkg-deb, the .deb
#   scripts/package.sh sbom                .build/package/sbom.cdx.json: every part with version and licence
#   scripts/package.sh check [ARCHIVE]     unpacks it elsewhere and runs it with an empty environment
#
# Needs patchelf, binutils and python3. PENSTOCK names another build than the release one. Same commit, same bytes.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PENSTOCK=${PENSTOCK:-.build/release/penstock}
OUT=.build/package
ARCH=$(uname -m)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)} LC_ALL=C

need() {
    command -v "$1" >/dev/null || die 3 "package: $1 is missing. Run: apt-get install --yes $2"
}

need_program() {
    need patchelf patchelf
    need strip binutils
    need python3 python3
    [ -x "$PENSTOCK" ] || die 3 "package: no program at $PENSTOCK. Run: swift build -c release --product penstock"
}

version() { "$PENSTOCK" --version; }

# Prints the libraries of the toolchain that the program needs, those of the libraries too.
swift_libraries() {
    local folder
    folder=$(ldd "$PENSTOCK" | awk '$1 == "libswiftCore.so" { sub("/[^/]*$", "", $3); print $3 }')
    ldd "$PENSTOCK" | awk -v folder="$folder/" 'index($3, folder) == 1 { print $3 }'
}

# put MODE FILE TARGET: copies a file to a path below the prefix and notes it for uninstall.
put() {
    install -D -m "$1" "$2" "$ROOT/$3"
    printf '%s\n' "$3" >>"$ROOT/lib/penstock/files"
}

# put_tree FOLDER TARGET [NAME ...]: the same for what git knows of a folder.
put_tree() {
    local file
    while IFS= read -r -d '' file; do
        if [ -x "$file" ]; then put 755 "$file" "$2/${file#"$1"/}"; else put 644 "$file" "$2/${file#"$1"/}"; fi
    done < <(git ls-files -z -- "$1")
}

put_program() {
    local library
    put 755 "$PENSTOCK" bin/penstock
    strip "$ROOT/bin/penstock"
    patchelf --set-rpath "\$ORIGIN/../lib/penstock" "$ROOT/bin/penstock"
    for library in "$(dirname "$PENSTOCK")/libPluginKit.so" $(swift_libraries); do
        put 644 "$library" "lib/penstock/$(basename "$library")"
    done
    strip --strip-unneeded "$ROOT/lib/penstock/libPluginKit.so"
    patchelf --set-rpath "\$ORIGIN" "$ROOT/lib/penstock/libPluginKit.so"
}

put_completions() {
    local shell file folder=share
    while read -r shell file; do
        "$PENSTOCK" --generate-completion-script "$shell" >"$SCRATCH/completion"
        put 644 "$SCRATCH/completion" "$folder/$file"
    done <<'LIST'
bash bash-completion/completions/penstock
zsh zsh/site-functions/_penstock
fish fish/vendor_completions.d/penstock.fish
LIST
}

# A page for every command, from the program's own description of its command line.
put_pages() {
    local page pages=$SCRATCH/pages
    rm -rf "$pages"
    mkdir "$pages"
    "$PENSTOCK" --experimental-dump-help \
        | python3 scripts/man-pages.py "$pages" "$(version)" "$(date --utc --date="@$SOURCE_DATE_EPOCH" '+%B %-d, %Y')"
    for page in "$pages"/*; do
        gzip --no-name --best "$page"
        put 644 "$page.gz" "share/man/man1/${page##*/}.gz"
    done
}

# What is in the tree and what it needs, each part with version and licence (CycloneDX); after all else is there.
put_parts_list() {
    python3 scripts/sbom.py "$ROOT" "$(version)" >"$SCRATCH/sbom"
    put 644 "$SCRATCH/sbom" share/doc/penstock/sbom.cdx.json
}

# The licence of every package that is linked in, and of the Swift libraries.
put_licences() {
    local file name licences=share/doc/penstock/licences
    put 644 LICENSE share/doc/penstock/LICENSE
    for file in .build/checkouts/*/{LICENSE,NOTICE}{,.txt,.md}; do
        [ -f "$file" ] || continue
        name=${file#.build/checkouts/}
        put 644 "$file" "$licences/$name"
    done
    file=$(swift -print-target-info | sed -n 's/.*"runtimeResourcePath" *: *"\(.*\)".*/\1/p')
    put 644 "${file%/lib/swift}/share/swift/LICENSE.txt" "$licences/swift/LICENSE.txt"
}

# The dashboard with the libraries it draws with; where those are not there, it says what it lacks.
put_dashboard() {
    local file
    put_tree dashboard share/penstock/dashboard
    for file in dashboard/libraries/*; do
        [ -f "$file" ] || { warn "package: dashboard/libraries is empty; 'make dashboard-libraries' fills it."; return 0; }
        put 644 "$file" "share/penstock/$file"
    done
}

# put_service PREFIX: the unit with the place of the program, and the manifest it runs.
put_service() {
    sed "s|@PREFIX@|$1|" deploy/penstock.service >"$SCRATCH/unit"
    sed "s|@SHARE@|$1/share/penstock|" deploy/plugins.yaml >"$SCRATCH/manifest"
    put 644 "$SCRATCH/unit" lib/systemd/system/penstock.service
    put 644 "$SCRATCH/manifest" share/penstock/plugins.yaml
}

# stage FOLDER PREFIX: everything below FOLDER, as it is at PREFIX when it runs as a service.
stage() {
    ROOT=$1
    install -d "$ROOT/lib/penstock"
    : >"$ROOT/lib/penstock/files"
    put_program
    put_completions
    put_pages
    put_licences
    put_service "$2"
    put_tree docs share/doc/penstock
    put 644 CHANGELOG.md share/doc/penstock/CHANGELOG.md
    put_tree examples share/penstock/examples
    put_tree Sources/Plugins/Models/Torch share/penstock/plugins/torch
    put_tree PluginKit share/penstock/PluginKit
    put_dashboard
    put_tree data share/penstock/sample/data
    put 644 plugins.yaml share/penstock/sample/plugins.yaml
    put_parts_list
}

uninstall() {
    local list=$1/lib/penstock/files file
    [ -r "$list" ] || die 3 "package: nothing was installed in '$1': $list is missing."
    while IFS= read -r file; do rm -f "$1/$file"; done <"$list"
    rm "$list"
    find "$1" -depth -type d -empty -path '*penstock*' -delete
}

tarball() {
    local name
    name=penstock-$(version)-linux-$ARCH
    stage "$SCRATCH/$name" /opt/penstock
    tar --directory="$SCRATCH" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --create "$name" \
        | gzip --no-name --best >"$OUT/$name.tar.gz"
    say "$OUT/$name.tar.gz"
}

deb() {
    local tree=$SCRATCH/deb arch size
    arch=$(dpkg --print-architecture)
    stage "$tree/usr" /usr
    install -D -m 640 "$tree/usr/share/penstock/plugins.yaml" "$tree/etc/penstock/plugins.yaml"
    install -d "$tree/DEBIAN"
    size=$(du -sk --apparent-size "$tree" | cut -f1)
    sed "s/@VERSION@/$(version)/; s/@ARCH@/$arch/; s/@SIZE@/$size/" deploy/debian/control >"$tree/DEBIAN/control"
    echo /etc/penstock/plugins.yaml >"$tree/DEBIAN/conffiles"
    install -m 755 deploy/debian/{postinst,prerm,postrm} "$tree/DEBIAN"
    dpkg-deb --build --root-owner-group "$tree" "$OUT/penstock_$(version)_$arch.deb" >/dev/null
    say "$OUT/penstock_$(version)_$arch.deb"
}

# Refuses what the loader would look for outside the tree and the system.
check_libraries() {
    local tree=$1 file
    for file in "$tree/bin/penstock" "$tree"/lib/penstock/*.so; do
        # shellcheck disable=SC2016
        readelf --dynamic "$file" | grep -E 'R(UN)?PATH' | grep -vE '\[\$ORIGIN(/\.\./lib/penstock)?\]$' \
            && die 1 "package: $file looks for libraries in the place above; allowed is its own tree."
        env -i ldd "$file" | awk -v tree="$tree/" '$2 == "=>" && $3 !~ "^(/usr)?/lib" && index($3, tree) != 1' | grep . \
            && die 1 "package: $file needs the library above, which is neither in its tree nor in the system."
    done
    return 0
}

# Refuses a list of parts that is no CycloneDX, and pages that roff has something to say of.
check_pages() {
    local tree=$1 page python=.venv-check-deploy/bin/python
    [ -x "$python" ] || python=python3
    "$python" scripts/sbom.py --check "$tree/share/doc/penstock/sbom.cdx.json" || die 1 "package: the list of parts is not in order; why is above."
    [ -f "$tree/share/man/man1/penstock-run.1.gz" ] || die 1 "package: there is no page penstock-run(1)."
    command -v groff >/dev/null || return 0
    for page in "$tree"/share/man/man1/*; do
        gzip --decompress --stdout "$page" | groff -mandoc -Tutf8 -ww -z 2>"$SCRATCH/roff" && [ ! -s "$SCRATCH/roff" ] \
            || die 1 "package: $page: $(head -n 3 "$SCRATCH/roff")"
    done
}

# Becomes the program, with an empty environment and a home of its own; for a subshell.
bare() { exec env -i PATH=/usr/bin:/bin HOME="$SCRATCH" "$TREE/bin/penstock" "$@"; }

check() {
    local archive=$1 port
    mkdir "$SCRATCH/elsewhere"
    tar --directory="$SCRATCH/elsewhere" --extract --gzip --file="$archive"
    TREE=$(echo "$SCRATCH"/elsewhere/penstock-*)
    check_libraries "$TREE"
    check_pages "$TREE"
    cp -r "$TREE/share/penstock/sample" "$SCRATCH/home"
    cd "$SCRATCH/home"
    (bare run --once --config plugins.yaml) >"$SCRATCH/run" || die 1 "package: 'penstock run --once' ended with exit code $?."
    grep -q '^AAPL.US ' "$SCRATCH/run" || die 1 "package: 'penstock run --once' printed no row of AAPL.US."
    (bare plugins new indicator mine --lang python)
    bare plugins test mine | grep '^level: ' || die 1 "package: a Python plugin from the templates does not pass."
    port=$(free_port 18180)
    bare run --config plugins.yaml --listen "127.0.0.1:$port" >"$SCRATCH/run" 2>&1 &
    SERVICE=$!
    wait_for_url "http://127.0.0.1:$port/health/ready" 120 "$SERVICE" || die 1 "package: the service was not ready: $(tail -n 5 "$SCRATCH/run")"
    curl --silent --fail "http://127.0.0.1:$port/" | grep -q /assets/boot.js || die 1 "package: the service serves no dashboard."
    stop_process "$SERVICE" 20 || die 1 "package: the service ended with exit code $? on SIGTERM."
    SERVICE=""
    say "package: $archive runs from another folder with an empty environment."
}

SCRATCH=$(mktemp -d) SERVICE=""
trap '[ -z "$SERVICE" ] || kill -KILL "$SERVICE" 2>/dev/null; rm -rf "$SCRATCH"' EXIT
case "${1:-}:${2:-}" in
    install:/*)
        need_program
        stage "${DESTDIR:-}$2" "$2"
        say "Installed in ${DESTDIR:-}$2. Next: docs/install.md."
        ;;
    uninstall:/*) uninstall "${DESTDIR:-}$2" ;;
    archives:)
        need_program
        mkdir -p "$OUT"
        tarball
        if command -v dpkg-deb >/dev/null; then deb; fi
        ;;
    sbom:)
        need_program
        mkdir -p "$OUT"
        stage "$SCRATCH/tree" /usr/local
        cp "$SCRATCH/tree/share/doc/penstock/sbom.cdx.json" "$OUT/sbom.cdx.json"
        python3 scripts/sbom.py --check "$OUT/sbom.cdx.json" || die 1 "package: the list of parts is not in order; why is above."
        say "$OUT/sbom.cdx.json has every part of the program."
        ;;
    check:*) check "$(readlink -f "${2:-$(ls "$OUT"/penstock-*-linux-"$ARCH".tar.gz)}")" ;;
    *) die 2 "package: '$*' is not known; allowed: install PREFIX, uninstall PREFIX (from the root on), archives, sbom, check [ARCHIVE]." ;;
esac
