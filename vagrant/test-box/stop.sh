#!/usr/bin/env bash
# Ends the libvirt daemons that prepare.sh has started, and waits for them.
set -euo pipefail

libvirt=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/.ha-demo/vms/libvirt
for daemon in libvirtd virtlogd; do
  [ -e "$libvirt/$daemon.pid" ] || continue
  pid=$(cat "$libvirt/$daemon.pid")
  deadline=$((SECONDS + 30))
  if kill "$pid" 2>/dev/null; then
    while kill -0 "$pid" 2>/dev/null; do
      ((SECONDS < deadline)) || { echo "$daemon does not end" >&2; exit 1; }
      sleep 0.2
    done
  fi
  rm "$libvirt/$daemon.pid"
done
