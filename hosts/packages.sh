#!/bin/bash
# packages.sh: installs what a node of the cluster needs on a host with systemd, and apt, yum or dnf. Run as root; Vagrant does it
# on its machines. What the node runs comes from `./ha-demo --lab vms up`.
# packages.sh --list: prints the packages for apt.
set -euo pipefail
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

for_apt=(runc iptables ca-certificates socat rsyslog iproute2 gzip)
# runc comes with containerd, which is not started.
for_yum=(containerd.io iptables socat rsyslog iproute gzip kmod)

main() {
  # shellcheck source=/dev/null
  source /etc/os-release
  if command -v apt-get >/dev/null; then
    with_apt
  elif command -v yum >/dev/null; then
    with_yum
  else
    echo "ha-demo: this host has neither apt nor yum ($PRETTY_NAME)" >&2
    exit 1
  fi
}

with_apt() {
  local installed
  # shellcheck disable=SC2016 # dpkg's variables
  installed=$(dpkg-query --show --showformat='${db:Status-Abbrev}\n' "${for_apt[@]}" 2>/dev/null | grep -c '^ii ' || true)
  [ "$installed" -lt "${#for_apt[@]}" ] || return 0
  export DEBIAN_FRONTEND=noninteractive
  apt-get update
  apt-get install --yes --no-install-recommends "${for_apt[@]}"
}

with_yum() {
  if rpm --query --quiet "${for_yum[@]}"; then return; fi
  if [ "$VERSION_ID" = 7 ]; then use_vault; fi
  curl --fail --silent --show-error --location --output /etc/yum.repos.d/docker-ce.repo \
    https://download.docker.com/linux/centos/docker-ce.repo
  yum --assumeyes install "${for_yum[@]}"
}

# CentOS 7 has no mirrors since June 2024; its packages stay in the vault.
use_vault() {
  sed -i -e 's/^mirrorlist=/#&/' -e 's|^#\?baseurl=http://mirror\.centos\.org|baseurl=http://vault.centos.org|' \
    /etc/yum.repos.d/CentOS-*.repo
}

if [ "${1-}" = --list ]; then echo "${for_apt[@]}"; else main; fi
