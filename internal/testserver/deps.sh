#!/bin/sh
# Installs what the tests need besides Go: a browser, database servers, nginx, Node.js,
# and the npm packages that interop/package.json pins. It starts no service.
set -eu

wanted=

# No function here is called as a program is: command -v would find the function.
has_browser() {
  for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && return 0
  done
  return 1
}

has_postgres() {
  command -v initdb >/dev/null 2>&1 && return 0
  for program in /usr/lib/postgresql/*/bin/initdb; do
    [ -x "$program" ] && return 0
  done
  return 1
}

has_mariadb() {
  command -v mariadb-install-db >/dev/null 2>&1 && PATH="$PATH:/usr/sbin" command -v mariadbd >/dev/null 2>&1
}

has_pgbouncer() {
  PATH="$PATH:/usr/sbin" command -v pgbouncer >/dev/null 2>&1
}

has_redis() {
  PATH="$PATH:/usr/sbin" command -v redis-server >/dev/null 2>&1
}

has_nginx() {
  PATH="$PATH:/usr/sbin" command -v nginx >/dev/null 2>&1
}

has_browser || wanted="$wanted chromium fonts-dejavu-core"
has_postgres || wanted="$wanted postgresql"
has_mariadb || wanted="$wanted mariadb-server-core mariadb-client-core"
has_pgbouncer || wanted="$wanted pgbouncer"
has_redis || wanted="$wanted redis-server"
has_nginx || wanted="$wanted nginx"
command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 || wanted="$wanted nodejs npm"

# packages installs what the tests in interop run, when its list has changed, and
# makes what they run of it, when a source has.
packages() {
  command -v npm >/dev/null 2>&1 || return 0
  if [ ! interop/node_modules/.installed -nt interop/package.json ]; then
    echo "installing for the tests: the npm packages of interop/package.json"
    npm install --prefix interop --ignore-scripts --no-audit --no-fund --no-package-lock --legacy-peer-deps --loglevel=error >/dev/null
    touch interop/node_modules/.installed
  fi
  newer=$(find interop/*.ts interop/*.tsx interop/*.mjs interop/prisma interop/node_modules/.installed examples/*/web \
    -type f -newer interop/node_modules/.generated 2>/dev/null || echo all)
  [ -z "$newer" ] && return 0
  npm run --prefix interop --silent generate
  touch interop/node_modules/.generated
}

if [ -z "$wanted" ]; then
  packages
  exit 0
fi

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing for the tests:$wanted"
  export DEBIAN_FRONTEND=noninteractive
  # Keeps the postgresql package from making and starting a cluster of its own.
  mkdir -p /etc/postgresql-common
  grep -qs '^create_main_cluster' /etc/postgresql-common/createcluster.conf ||
    echo 'create_main_cluster = false' >>/etc/postgresql-common/createcluster.conf
  # Keeps the packages pgbouncer, redis-server and nginx from starting their services.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
  fi
  apt-get update -qq
  # shellcheck disable=SC2086
  apt-get install -y -qq --no-install-recommends $wanted >/dev/null
  packages
  exit 0
fi

packages
echo "not installed:$wanted (Debian's names): the tests that need them will be skipped. Install them (Debian: apt-get install$wanted) to run them."
