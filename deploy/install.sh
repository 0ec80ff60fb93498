#!/usr/bin/env bash
# Installs or renews the service on a Debian 12 server, from this folder alone.
#
#   ./install.sh [--name ADDRESS] [--certificate FILE --key FILE]
#
# ADDRESS is what people write into their browser; default: this machine's name.
# Without a certificate one is made that browsers must be told to trust.
set -euo pipefail

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
CONFIG=/etc/minqing
BASE=/opt/minqing
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

say() { printf '%s\n' "· $*"; }
die() { printf '%s\n' "✗ $*" >&2; exit 1; }
# run WHAT COMMAND… : one line before, the last lines if it fails
run() {
  local what=$1; shift
  say "$what"
  "$@" >"$WORK/log" 2>&1 </dev/null || { tail -n 15 "$WORK/log" >&2; die "$what failed"; }
}
has_systemd() { [ -d /run/systemd/system ]; }

NAME="" CERTIFICATE="" KEY=""
while [ $# -gt 0 ]; do
  case $1 in
    --name) NAME=${2:?}; shift 2 ;;
    --certificate) CERTIFICATE=$(realpath "${2:?}"); shift 2 ;;
    --key) KEY=$(realpath "${2:?}"); shift 2 ;;
    *) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 2 ;;
  esac
done
if [ -n "$CERTIFICATE" ]; then [ -n "$KEY" ] || die "--certificate goes with --key"; fi

check_machine() {
  local free system
  [ "$(id -u)" = 0 ] || die "not root: run as root"
  # In a shell of its own: the file has a NAME, too.
  # shellcheck source=/dev/null
  system=$(. /etc/os-release && echo "${ID:-} ${VERSION_ID:-}")
  [ "$system" = "debian 12" ] || die "this is $system, the bundle is for Debian 12"
  [ "$(dpkg --print-architecture)" = "$(cat "$HERE/architecture")" ] ||
    die "this machine is $(dpkg --print-architecture), the bundle is for $(cat "$HERE/architecture")"
  free=$(df -Pk /opt | awk 'NR == 2 {print int($4 / 1024)}')
  [ "$free" -ge 3000 ] || die "disk full: $free MB free in /opt, 3000 MB are needed"
}

check_bundle() {
  say "checking the bundle"
  (cd "$HERE" && sha256sum --check --strict --quiet SHA256SUMS) >"$WORK/log" 2>&1 ||
    die "the bundle is damaged, nothing was changed: $(head -n 1 "$WORK/log")"
}

# The bundle's packages, and no other source: apt takes what the machine lacks.
install_packages() {
  local options=(
    -o "Dir::Etc::SourceList=$WORK/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$WORK/lists" -o "Dir::Cache=$WORK/cache"
    -o APT::Sandbox::User=root -o DPkg::Lock::Timeout=300
    -o Dpkg::Options::=--force-confold
  )
  mkdir -p "$WORK/lists/partial" "$WORK/cache/archives/partial"
  # What was unpacked has been checked against the checksums above.
  ln -s "$HERE/debs" "$WORK/debs"
  echo "deb [trusted=yes] file:$WORK/debs ./" >"$WORK/sources.list"
  run "packages: list" apt-get "${options[@]}" update -q
  # shellcheck disable=SC2046
  run "packages: install" apt-get "${options[@]}" install -q -y \
    --no-install-recommends $(cat "$HERE/packages")
}

make_user() {
  getent passwd minqing >/dev/null ||
    run "user minqing" useradd --system --user-group --home-dir /var/lib/minqing \
      --shell /usr/sbin/nologin minqing
  install -d -m 0700 -o minqing -g minqing /var/lib/minqing /var/backups/minqing
  install -d -m 0750 -o www-data -g adm /var/log/minqing
  install -d -m 0755 "$CONFIG" "$CONFIG/tls" "$BASE" "$BASE/releases"
}

# Each version in a folder of its own; the link is turned when all is there.
install_release() {
  RELEASE=$BASE/releases/$(sha256sum "$HERE/SHA256SUMS" | cut -c1-12)
  [ ! -e "$RELEASE/complete" ] || return 0
  rm -rf "$RELEASE"
  cp -r "$HERE/app" "$RELEASE"
  say "python: virtual environment"
  python3 -m venv --without-pip "$RELEASE/venv"
  python3 -m zipfile -e "$HERE"/wheels/uv-*.whl "$WORK/uv"
  chmod +x "$WORK"/uv/uv-*.data/scripts/uv
  run "python: packages" "$WORK"/uv/uv-*.data/scripts/uv pip install \
    --python "$RELEASE/venv/bin/python" --offline --no-cache --no-index --no-config \
    --find-links "$HERE/wheels" --compile-bytecode --require-hashes \
    -r "$RELEASE/requirements/run.txt"
  run "python: compile" "$RELEASE/venv/bin/python" -m compileall -q \
    "$RELEASE/geo_api" "$RELEASE/map_ui"
  chmod -R u=rwX,go=rX "$RELEASE"
  touch "$RELEASE/complete"
}

as_postgres() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }

# Debian's own cluster; the roles are opened to the system user minqing, without passwords.
prepare_database() {
  local hba=/etc/postgresql/15/main/pg_hba.conf ident=/etc/postgresql/15/main/pg_ident.conf
  [ -e "$hba" ] || run "PostgreSQL: cluster" pg_createcluster --locale C.UTF-8 15 main
  if ! grep -q 'map=minqing' "$hba"; then
    { echo "local minqing minqing_owner,minqing_app peer map=minqing"; cat "$hba"; } >"$WORK/hba"
    # Into the same file: its owner and mode stay.
    cat "$WORK/hba" >"$hba"
    printf '%s\n' "minqing minqing minqing_owner" "minqing minqing minqing_app" >>"$ident"
  fi
  if has_systemd; then
    run "PostgreSQL: start" systemctl enable --now postgresql.service postgresql@15-main.service
  elif ! pg_lsclusters -h | grep -q '^15 *main .* online'; then
    run "PostgreSQL: start" pg_ctlcluster 15 main start
  fi
  run "PostgreSQL: settings" pg_ctlcluster 15 main reload
  # Words for psql, which alone knows \gexec.
  cat >"$WORK/roles.sql" <<'SQL'
SELECT 'CREATE ROLE ' || r || ' LOGIN' FROM unnest('{minqing_owner,minqing_app}'::text[]) r
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) \gexec
SELECT $$CREATE DATABASE minqing OWNER minqing_owner TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'$$
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'minqing') \gexec
\connect minqing
CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public;
SQL
  chmod 755 "$WORK"; chmod 644 "$WORK/roles.sql"
  run "PostgreSQL: roles and database" as_postgres psql -X -q -v ON_ERROR_STOP=1 \
    -d postgres -f "$WORK/roles.sql"
}

write_settings() {
  if [ ! -e "$CONFIG/minqing.env" ]; then
    NAME=${NAME:-$(hostname -f 2>/dev/null || hostname)}
    sed "s|@NAME@|$NAME|" "$HERE/deploy/minqing.env" >"$WORK/env"
    install -m 0640 -o root -g minqing "$WORK/env" "$CONFIG/minqing.env"
  elif [ -n "$NAME" ]; then
    sed -i "s|^MINQING_PUBLIC_URL=.*|MINQING_PUBLIC_URL=https://$NAME|" "$CONFIG/minqing.env"
  fi
  NAME=$(sed -n 's|^MINQING_PUBLIC_URL=https://\([^/:]*\).*|\1|p' "$CONFIG/minqing.env")
  [ -n "$NAME" ] || die "$CONFIG/minqing.env has no MINQING_PUBLIC_URL=https://…"
}

write_certificate() {
  if [ -n "$CERTIFICATE" ]; then
    install -m 0644 "$CERTIFICATE" "$CONFIG/tls/certificate.pem"
    install -m 0600 "$KEY" "$CONFIG/tls/key.pem"
  elif [ ! -e "$CONFIG/tls/certificate.pem" ]; then
    local kind=DNS
    [[ ! $NAME =~ ^[0-9.]+$ ]] || kind=IP
    (umask 077 && run "certificate: self-signed for $NAME" openssl req -x509 -newkey rsa:3072 \
      -nodes -sha256 -days 825 -subj "/CN=$NAME" -addext "subjectAltName=$kind:$NAME" \
      -keyout "$CONFIG/tls/key.pem" -out "$CONFIG/tls/certificate.pem")
    chmod 0644 "$CONFIG/tls/certificate.pem"
  fi
}

write_system_files() {
  install -m 0755 "$HERE/deploy/minqing" /usr/local/bin/minqing
  install -m 0644 "$HERE"/deploy/*.service /etc/systemd/system/
  install -m 0644 "$HERE/deploy/logrotate" /etc/logrotate.d/minqing
  sed "s|@NAME@|$NAME|" "$HERE/deploy/nginx.conf" >"$WORK/nginx.conf"
  # A kernel without IPv6 cannot listen on it.
  [ -e /proc/net/if_inet6 ] || sed -i '/listen \[::\]/d' "$WORK/nginx.conf"
  install -m 0644 "$WORK/nginx.conf" /etc/nginx/sites-available/minqing
  ln -sfn ../sites-available/minqing /etc/nginx/sites-enabled/minqing
  rm -f /etc/nginx/sites-enabled/default
  run "nginx: check" nginx -t
}

# A new version changes the schema: the old one's data is put aside first.
turn() {
  if [ -e "$BASE/current" ] && [ "$(readlink "$BASE/current")" != "$RELEASE" ]; then
    ! has_systemd || run "service: stop" systemctl stop minqing.service minqing-worker.service
    run "backup before the change" minqing backup /var/backups/minqing
    readlink "$BASE/current" >"$BASE/previous"
  fi
  ln -sfn "$RELEASE" "$BASE/next"
  mv -T "$BASE/next" "$BASE/current"
  run "schema" minqing upgrade
  # This one and the one before it stay.
  local folder
  for folder in "$BASE"/releases/*; do
    [ "$folder" = "$RELEASE" ] || [ "$folder" = "$(cat "$BASE/previous" 2>/dev/null)" ] ||
      rm -rf "$folder"
  done
}

start() {
  if ! has_systemd; then
    say "no systemd here: start nginx, \`minqing serve\` and \`minqing worker\` yourself"
    return 0
  fi
  run "service: start" systemctl daemon-reload
  run "service: start" systemctl enable minqing.service minqing-worker.service nginx.service
  run "service: restart" systemctl restart minqing.service minqing-worker.service
  run "nginx: reload" systemctl reload-or-restart nginx.service
}

check_machine
check_bundle
install_packages
make_user
install_release
prepare_database
write_settings
write_certificate
write_system_files
turn
start
say "installed: https://$NAME/"
say "next: minqing accounts add NAME admin; minqing import boundaries FILE; minqing doctor"
say "keep a copy of /var/lib/minqing/contact.key apart from the backups in /var/backups/minqing"
