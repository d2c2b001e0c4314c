# shellcheck shell=bash
# CentOS 7, and distributions with dnf: packages, and what is particular to them.

# runc comes with containerd, which is not started.
packages=(containerd.io iptables socat rsyslog iproute gzip kmod)

provide_packages() {
  if rpm --query --quiet "${packages[@]}"; then return; fi
  changed "packages ${packages[*]}"
  if [ "$VERSION_ID" = 7 ]; then use_vault; fi
  curl --fail --silent --show-error --location --output /etc/yum.repos.d/docker-ce.repo \
    https://download.docker.com/linux/centos/docker-ce.repo
  yum --assumeyes install "${packages[@]}"
}

# CentOS 7 has no mirrors since June 2024; its packages stay in the vault.
use_vault() {
  sed -i -e 's/^mirrorlist=/#&/' -e 's|^#\?baseurl=http://mirror\.centos\.org|baseurl=http://vault.centos.org|' \
    /etc/yum.repos.d/CentOS-*.repo
}

# rsyslog writes what journald has to /var/log/messages as it comes.
additional_syslog_rules() {
  :
}

# By source, since a packet of a connection that a peer has handed over arrives as one that firewalld calls invalid.
open_firewall() {
  systemctl --quiet is-active firewalld || return 0
  if firewall-cmd --permanent --zone=trusted --query-source="$LAN_SUBNET" >/dev/null; then return; fi
  changed "firewall: $LAN_SUBNET is trusted"
  firewall-cmd --permanent --zone=trusted --add-source="$LAN_SUBNET" >/dev/null
  firewall-cmd --reload >/dev/null
}
