# shellcheck shell=bash
# Debian and Ubuntu: packages, and what is particular to them.

# shellcheck disable=SC2034 # for those who source this file
packages=(runc iptables ca-certificates socat rsyslog iproute2 gzip)

provide_packages() {
  local installed
  # shellcheck disable=SC2016 # dpkg's variables
  installed=$(dpkg-query --show --showformat='${db:Status-Abbrev}\n' "${packages[@]}" 2>/dev/null | grep -c '^ii ' || true)
  [ "$installed" -lt "${#packages[@]}" ] || return 0
  changed "packages ${packages[*]}"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update
  apt-get install --yes --no-install-recommends "${packages[@]}"
}

# Debian's rsyslog has no /var/log/messages of its own any more.
additional_syslog_rules() {
  # shellcheck disable=SC2016 # rsyslog's variable
  printf '\n%s' 'if $programname == "keepalived" then /var/log/messages'
}

# Neither has a firewall that is on by itself.
open_firewall() {
  :
}
