#!/bin/bash
# deploy.sh NODE COMMAND: what the updater (src/lab/update) does on a machine. It sends this script along, to run as root, and
# decides what is to be done when; the machine has no copy.
#
#   state            prints what the updater compares:
#                      manifest               there is a configuration of this node
#                      differs PATH           what is rendered is not what is there, under /etc/ha-demo or where the system has it
#                      image NAME ID          the files of an image are unpacked; NAME.new and NAME.old are beside those in use
#                      defined SERVICE MS     when what the service is started with was installed, in ms since 1970
#   install          puts what is rendered for the node where it is read; stdin has a line for each file, its path and its content
#                    in base64. Writes what differs and nothing else
#   unpack NAME ID   an image's files, from the archive on stdin, as NAME.new
#   use NAME ID      makes NAME the image of this id; what it was stays as NAME.old
#   tidy             removes NAME.new and NAME.old
#   remove           ends the node: its services, its configuration, what it has adopted
#   purge            the same, and everything else that was installed; packages stay
#   facts            prints what may keep the host from being a node:
#                      lacks PROGRAM          it is not installed
#                      foreign UNIT           there is a unit of that name which is not ha-demo's
#                      room MB                free where images are unpacked
#                      selinux MODE           Enforcing, Permissive or Disabled
#                      node                   it is one already
#                      other NAME             it is one already, of another name
set -euo pipefail
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# The services have users of their own.
umask 022

node=$1
configuration=/etc/ha-demo
rendered=$configuration/hosts/$node
library=/usr/lib/ha-demo
home=/var/lib/ha-demo
# For each image a folder with its files, and among them its id.
images=$home/images
units=(ha-demo haproxy keepalived)

# with_system_files COMMAND: calls it with what is rendered, the file of the system that it is for, the text that belongs there, and
# what takes notice of it.
with_system_files() {
  local unit
  "$1" modules.conf /etc/modules-load.d/ha-demo.conf "$(<"$rendered/modules.conf")" load_modules
  "$1" sysctl.conf /etc/sysctl.d/90-ha-demo.conf "$(<"$rendered/sysctl.conf")" load_kernel_settings
  "$1" tmpfiles.conf /etc/tmpfiles.d/ha-demo.conf "$(<"$rendered/tmpfiles.conf")" make_run_folder
  "$1" hosts /etc/hosts "$(hosts_of_others && cat "$rendered/hosts")" :
  "$1" rsyslog.conf /etc/rsyslog.d/ha-demo.conf "$(<"$rendered/rsyslog.conf")" restart_syslog
  "$1" user-slice.conf /etc/systemd/system/user.slice.d/ha-demo.conf "$(<"$rendered/user-slice.conf")" :
  for unit in "${units[@]}"; do
    "$1" "$unit.service" "/etc/systemd/system/$unit.service" "$(<"$rendered/$unit.service")" :
  done
}

# The lines between the marks are ha-demo's.
hosts_of_others() {
  # With an end to the last line, or what follows would stand behind it.
  # shellcheck disable=SC1003 # sed's backslash
  sed -e '/^# ha-demo begin/,/^# ha-demo end/d' -e '$a\' /etc/hosts
}

# Where the kernel lacks one of these, keepalived's entrypoint says that second chance is unavailable.
load_modules() {
  local module
  while read -r module; do
    [[ $module != '#'* ]] || continue
    modprobe "$module" 2>/dev/null || logger --tag ha-demo "the kernel has no module $module"
  done <"$rendered/modules.conf"
}

# What they were is kept once, for `purge`: also two that keepalived sets for a virtual MAC, and leaves behind when it is killed.
load_kernel_settings() {
  local name line
  # shellcheck source=/dev/null # rendered
  source "$configuration/nodes/$node/node.env"
  mkdir -p "$home"
  touch "$home/sysctl.before"
  {
    sed -nE 's/^([a-z][^ ]*) = .*/\1/p' "$rendered/sysctl.conf"
    # An interface may have a dot in its name, which sysctl tells from the others when they are slashes.
    printf 'net/ipv4/conf/%s\n' "$LAN_INTERFACE"/{arp_ignore,arp_filter}
  } | while read -r name; do
    # Of what this kernel does not have there is nothing to keep.
    line=$(sysctl "$name" 2>/dev/null) || continue
    grep -qF "${line%% = *} = " "$home/sysctl.before" || echo "$line" >>"$home/sysctl.before"
  done
  sysctl --quiet --load=/etc/sysctl.d/90-ha-demo.conf
}

make_run_folder() {
  systemd-tmpfiles --create /etc/tmpfiles.d/ha-demo.conf
}

restart_syslog() {
  systemctl restart rsyslog
}

state() {
  local image service unit sums
  [ ! -e "$configuration/nodes/$node/manifest" ] || echo manifest
  if [ -d "$rendered" ]; then
    with_system_files differs
    sums=$(cd "$configuration" && sha256sum --check "nodes/$node/manifest" 2>/dev/null) || true
    sed -n 's/^\(.*\): FAILED.*/differs \1/p' <<<"$sums"
  fi
  for image in "$images"/*/image-id; do
    [ ! -e "$image" ] || echo "image $(basename "$(dirname "$image")") $(<"$image")"
  done
  for service in app haproxy keepalived; do
    unit=${service/#app/ha-demo}
    [ ! -d "$rendered" ] || defined "$service" "$rendered/$service/config.json" "/etc/systemd/system/$unit.service"
  done
}

differs() {
  has_text "$2" "$3" || echo "differs hosts/$node/$1"
}

# has_text FILE TEXT
has_text() {
  [ -e "$1" ] && [ "$(<"$1")" = "$2" ]
}

# defined SERVICE FILE...
defined() {
  local at latest=0
  for at in $(stat --format=%.3Y "${@:2}" 2>/dev/null | tr -d .); do
    ((at <= latest)) || latest=$at
  done
  echo "defined $1 $latest"
}

install_bundle() {
  local path content
  local -A wanted=()
  while read -r path content; do
    wanted[$path]=1
    place "$configuration/$path" "$content"
  done
  (cd "$configuration" && find "nodes/$node" "hosts/$node" -type f 2>/dev/null) | while read -r path; do
    [ -n "${wanted[$path]-}" ] || rm "$configuration/$path"
  done
  with_system_files place_text
  # Units are read anew with it.
  systemctl --quiet enable "${units[@]}"
  link_scripts
  open_firewall
}

# place FILE BASE64
place() {
  [ -d "${1%/*}" ] || mkdir -p "${1%/*}"
  base64 --decode <<<"$2" >"$1.new"
  if cmp --silent "$1.new" "$1"; then rm "$1.new"; else mv "$1.new" "$1"; fi
}

# place_text NAME FILE TEXT COMMAND: runs the command when the file has changed.
place_text() {
  if has_text "$2" "$3"; then return; fi
  mkdir -p "${2%/*}"
  printf '%s\n' "$3" >"$2.new"
  mv "$2.new" "$2"
  # What is there counts as in effect.
  "$4" || { rm "$2" && echo "$2 has no effect" >&2 && return 1; }
}

# Those of the images that are run on the machine itself: `observe` is asked when its container is down, and `reload` would take
# long into its own.
link_scripts() {
  mkdir -p "$library"
  ln -sfn "$images/keepalived/usr/lib/ha-demo/node.sh" "$images/keepalived/usr/lib/ha-demo/observe" \
    "$images/haproxy/usr/local/bin/reload" "$library"
}

# By source, since a packet of a connection that a peer has handed over arrives as one that firewalld calls invalid. At once and for
# ever, without a reload: that would flush rules of others.
open_firewall() {
  systemctl --quiet is-active firewalld || return 0
  # shellcheck source=/dev/null # rendered
  source "$rendered/host.env"
  if ! has_text "$home/trusted-by-us" "$LAN_SUBNET"; then
    close_firewall
    if firewall-cmd --permanent --zone=trusted --query-source="$LAN_SUBNET" >/dev/null; then return; fi
    mkdir -p "$home"
    echo "$LAN_SUBNET" >"$home/trusted-by-us"
  fi
  firewall-cmd --permanent --zone=trusted --add-source="$LAN_SUBNET" >/dev/null
  firewall-cmd --zone=trusted --add-source="$LAN_SUBNET" >/dev/null
}

# The id comes last: an image that was unpacked half way has none.
unpack() {
  local files=$images/$1.new
  rm -rf "$files"
  mkdir -p "$files"
  tar --extract --gzip --numeric-owner --directory "$files"
  echo "$2" >"$files/image-id"
}

# A container that runs keeps the files that it was started with.
use() {
  local found
  recover "$1"
  if has_id "$1" "$2"; then return; fi
  for found in "$1.new" "$1.old"; do
    has_id "$found" "$2" || continue
    [ ! -e "$images/$1" ] || mv "$images/$1" "$images/$1.was"
    mv "$images/$found" "$images/$1"
    recover "$1"
    return
  done
  echo "the image $1 $2 is not on this machine" >&2
  return 1
}

# recover NAME: what an interruption of `use` has left.
recover() {
  [ -e "$images/$1.was" ] || return 0
  if [ -e "$images/$1" ]; then
    rm -rf "${images:?}/$1.old"
    mv "$images/$1.was" "$images/$1.old"
  else
    mv "$images/$1.was" "$images/$1"
  fi
}

# has_id FOLDER ID
has_id() {
  has_text "$images/$1/image-id" "$2"
}

tidy() {
  rm -rf "$images"/*.new "$images"/*.old "$images"/*.was
}

remove() {
  systemctl --quiet disable --now keepalived haproxy ha-demo
  rm -rf "$configuration/nodes/$node" "$rendered" /run/ha-demo/*
}

# Of whatever node the host has been. What is rendered says what there is: it goes last.
purge() {
  local unit undo folder
  for undo in /run/ha-demo-undo/*.sh; do
    [ ! -e "$undo" ] || bash "$undo" || true
  done
  systemctl stop 'ha-demo-undo-*.timer' 2>/dev/null || true
  for folder in "$configuration"/hosts/*/; do
    [ -d "$folder" ] || continue
    node=$(basename "$folder")
    rendered=$configuration/hosts/$node
    for unit in keepalived haproxy ha-demo; do
      [ ! -e "/etc/systemd/system/$unit.service" ] || systemctl --quiet disable --now "$unit"
    done
    remove_addresses_and_rules
    with_system_files take_away
    close_firewall
  done
  [ ! -e "$home/sysctl.before" ] || sysctl --quiet --ignore --load="$home/sysctl.before" || true
  rm -rf "$configuration" "$library" "$home" /run/ha-demo /run/ha-demo-undo
  systemctl daemon-reload
}

# What outlives keepalived: see docker/keepalived/second-chance. By the programs that have made it.
remove_addresses_and_rules() {
  local variant table rules chains
  local -a rule
  chains='second-chance|adverts|drop-packets'
  export XTABLES_LOCKFILE=/tmp/xtables.lock
  for variant in iptables-nft iptables-legacy; do
    for table in mangle raw; do
      rules=$(chroot "$images/keepalived" "$variant" --wait --table "$table" --list-rules 2>/dev/null) || continue
      {
        sed -nE "s/^-A (PREROUTING .*-j ($chains))$/-D \\1/p" <<<"$rules"
        sed -nE "s/^-N ($chains)$/-F \\1/p" <<<"$rules"
        sed -nE "s/^-N ($chains)$/-X \\1/p" <<<"$rules"
      } | while read -ra rule; do chroot "$images/keepalived" "$variant" --wait --table "$table" "${rule[@]}"; done
    done
  done
  [ -e "$configuration/nodes/$node/node.env" ] || return 0
  # shellcheck source=/dev/null # rendered
  source "$configuration/nodes/$node/node.env"
  ip address delete "$VIRTUAL_IP/32" dev lo 2>/dev/null || true
  # A keepalived that was killed leaves them.
  if [ "$VIP_INTERFACE" = "$LAN_INTERFACE" ]; then
    ip address delete "$VIRTUAL_IP/32" dev "$LAN_INTERFACE" 2>/dev/null || true
  else
    ip link delete "$VIP_INTERFACE" 2>/dev/null || true
  fi
}

# take_away NAME FILE: of /etc/hosts what is between the marks.
take_away() {
  case $1 in
    hosts)
      hosts_of_others >"$2.new"
      cat "$2.new" >"$2"
      rm "$2.new"
      ;;
    user-slice.conf)
      rm -f "$2"
      [ ! -d "${2%/*}" ] || rmdir --ignore-fail-on-non-empty "${2%/*}"
      ;;
    rsyslog.conf) rm -f "$2" && { restart_syslog || true; } ;;
    *) rm -f "$2" ;;
  esac
}

# What somebody else has opened stays open.
close_firewall() {
  local subnet
  [ -e "$home/trusted-by-us" ] || return 0
  subnet=$(<"$home/trusted-by-us")
  if systemctl --quiet is-active firewalld; then
    firewall-cmd --permanent --zone=trusted --remove-source="$subnet" >/dev/null || true
    firewall-cmd --zone=trusted --remove-source="$subnet" >/dev/null || true
  elif command -v firewall-offline-cmd >/dev/null; then
    firewall-offline-cmd --zone=trusted --remove-source="$subnet" >/dev/null || true
  fi
  rm "$home/trusted-by-us"
}

facts() {
  local name unit folder
  [ -d /run/systemd/system ] || echo 'lacks systemd'
  for name in runc socat iptables rsyslogd; do
    command -v "$name" >/dev/null || echo "lacks $name"
  done
  for name in "${units[@]}"; do
    # Those of ha-demo say so in their first lines.
    unit=$(systemctl cat "$name" 2>/dev/null) || continue
    [ -n "$unit" ] || continue
    grep -q '^Description=ha-demo: ' <<<"$unit" || echo "foreign $name"
  done
  echo "room $(df -Pm /var/lib | awk 'END { print $4 }')"
  ! command -v getenforce >/dev/null || echo "selinux $(getenforce)"
  [ ! -e "$configuration/nodes/$node/manifest" ] || echo node
  for folder in "$configuration"/nodes/*/; do
    [ ! -d "$folder" ] || [ "$(basename "$folder")" = "$node" ] || echo "other $(basename "$folder")"
  done
}

case $2 in
  install) install_bundle ;;
  state | tidy | remove | purge | facts) "$2" ;;
  unpack | use) "${@:2}" ;;
esac
