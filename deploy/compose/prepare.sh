#!/bin/sh
# Makes the passwords that compose.yaml names, where there are none. Each container sees its own; on this machine only the
# owner of the folder does, since others cannot enter it.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
chmod 0700 secrets
for name in postgres_password redis_password grafana_password; do
    [ -s "secrets/$name" ] || od -An -v -tx1 -N24 /dev/urandom | tr -d ' \n' >"secrets/$name"
    # The users of the containers are none of this machine's.
    chmod 0444 "secrets/$name"
done
echo "Passwords are in $PWD/secrets. Next: docker compose up --detach"
