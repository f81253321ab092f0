#!/bin/sh
# Run by the service 'setup' before the host: an authority of its own, certificates for the host and for Prometheus, and the
# first administrator's key, where there are none.
set -eu
umask 077
TLS=/var/lib/penstock/tls
STATE=/var/lib/penstock/state

# signed NAME USE NAMES: a key and a certificate by the authority here, good for two years.
signed() {
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr" 2>/dev/null
    printf 'subjectAltName=%s\nextendedKeyUsage=%s\n' "$3" "$2" >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 730 -extfile "$1.ext" -out "$1.pem" 2>/dev/null
    rm "$1.csr" "$1.ext"
}

make_certificates() {
    mkdir -p "$TLS.new"
    cd "$TLS.new"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj "/CN=Penstock" \
        -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -keyout ca.key -out ca.pem 2>/dev/null
    names=""
    for name in $PENSTOCK_NAMES; do names="${names:+$names,}DNS:$name"; done
    signed server serverAuth "$names,IP:127.0.0.1"
    signed prometheus clientAuth DNS:prometheus
    cd /
    # Last, so that an interrupted run is done again.
    mv "$TLS.new" "$TLS"
    echo "setup: made certificates in $TLS."
}

[ -e "$TLS/server.pem" ] || { rm -rf "$TLS.new"; make_certificates; }
# Prometheus runs as another user, and nobody but it and this service has the volume.
for file in ca.pem prometheus.pem prometheus.key; do install -m 0444 "$TLS/$file" "/var/lib/penstock-scrape/$file"; done

if [ ! -e "$STATE/security/keys.json" ]; then
    penstock keys create administrator --role admin --config /etc/penstock/plugins.yaml >/var/lib/penstock/administrator.key
    echo "setup: the first administrator's key is in /var/lib/penstock/administrator.key; read it once, then remove it."
fi
