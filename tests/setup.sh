#!/usr/bin/env bash
# Installs Debian packages: those that are named, or what the tests need beyond Python packages (a PostgreSQL server,
# a browser and Japanese letters for it, nginx, network namespaces and a movable clock for the attacks) as far as it is missing.
set -euo pipefail

missing=("$@")
if [ $# -eq 0 ]; then
  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || missing+=(postgresql)
  command -v chromium >/dev/null || missing+=(chromium)
  PATH="$PATH:/usr/sbin" command -v nginx >/dev/null || missing+=(nginx)
  PATH="$PATH:/usr/sbin" command -v ip >/dev/null || missing+=(iproute2)
  ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1 || missing+=(libfaketime)
  fc-list :lang=ja 2>/dev/null | grep -q . || missing+=(fontconfig fonts-noto-cjk)
fi
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "Please install: ${missing[*]}" >&2
  exit 1
fi
as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "Please run as root: apt-get install ${missing[*]}" >&2; exit 1; }
  as_root=(sudo)
fi
echo "Installing ${missing[*]} (Debian packages) …"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
