#!/bin/sh
# Installs what the tests need besides Go: a browser and database servers. It
# starts no service.
set -eu

wanted=

browser() {
  for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && return 0
  done
  return 1
}

postgres() {
  command -v initdb >/dev/null 2>&1 && return 0
  for program in /usr/lib/postgresql/*/bin/initdb; do
    [ -x "$program" ] && return 0
  done
  return 1
}

mariadb() {
  command -v mariadb-install-db >/dev/null 2>&1 && PATH="$PATH:/usr/sbin" command -v mariadbd >/dev/null 2>&1
}

browser || wanted="$wanted chromium fonts-dejavu-core"
postgres || wanted="$wanted postgresql"
mariadb || wanted="$wanted mariadb-server-core mariadb-client-core"
[ -n "$wanted" ] || exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing for the tests:$wanted"
  export DEBIAN_FRONTEND=noninteractive
  # Keeps the postgresql package from making and starting a cluster of its own.
  mkdir -p /etc/postgresql-common
  grep -qs '^create_main_cluster' /etc/postgresql-common/createcluster.conf ||
    echo 'create_main_cluster = false' >>/etc/postgresql-common/createcluster.conf
  apt-get update -qq
  # shellcheck disable=SC2086
  apt-get install -y -qq --no-install-recommends $wanted >/dev/null
  exit 0
fi

echo "not installed:$wanted (Debian's names): the tests that need them will be skipped. Install them (Debian: apt-get install$wanted) to run them."
