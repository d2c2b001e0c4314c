#!/bin/bash
# host.sh NODE: makes this machine the node NODE of cluster.yaml. Run as root, from a folder with
#
#   cluster.yaml  config-templates/  images/ (from `./ha-demo images save`)
#   provision/ (this script)  scripts/ (of the images, for the host itself)
#
# Run again, it changes what differs and nothing else, and says so line by line. Vagrant runs it on its machines; it does
# the same on any host with systemd, and yum, dnf or apt.
set -euo pipefail
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

node=$1
folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
configuration=/etc/ha-demo
library=/usr/lib/ha-demo
# For each image a folder with its files, and the id of the image that they are of.
images=/var/lib/ha-demo/images
changes=0

main() {
  # shellcheck source=/dev/null
  source /etc/os-release
  if command -v apt-get >/dev/null; then
    # shellcheck source=vagrant/provision/apt.sh
    source "$folder/provision/apt.sh"
  elif command -v yum >/dev/null; then
    # shellcheck source=vagrant/provision/yum.sh
    source "$folder/provision/yum.sh"
  else
    fail "this host has neither apt nor yum ($PRETTY_NAME)"
  fi

  provide_packages
  provide_images
  render
  # shellcheck source=/dev/null # rendered
  source "$configuration/hosts/$node/host.env"
  provide_kernel_settings
  provide_host_names
  provide_syslog_rules
  open_firewall
  provide_scripts
  provide_priorities
  provide_services
  wait_until_it_works

  if ((changes == 0)); then
    echo "$node: nothing to change"
  else
    echo "$node: is up, $changes changes"
  fi
}

fail() {
  echo "ha-demo: $node: $*" >&2
  exit 1
}

changed() {
  changes=$((changes + 1))
  echo "$node: $*"
}

# write_if_different FILE TEXT: whether it had to be written.
write_if_different() {
  local text=$2
  if [ "$(cat "$1" 2>/dev/null)" = "$text" ]; then return 1; fi
  mkdir -p "$(dirname "$1")"
  printf '%s\n' "$text" >"$1.new"
  mv "$1.new" "$1"
  changed "$1"
}

# Beside the files that a running container has; it takes them over when it is started again.
provide_images() {
  local image archive
  for image in service haproxy keepalived; do
    archive=$folder/images/$image.tar.gz
    [ -e "$archive" ] || fail "$archive is missing: ./ha-demo images save"
    rm -rf "$images/$image.new"
    if cmp --silent "$folder/images/$image.id" "$images/$image.id"; then continue; fi
    changed "image $image"
    mkdir -p "$images/$image.new"
    tar --extract --gzip --numeric-owner --file "$archive" --directory "$images/$image.new"
  done
}

# In the host's network: the renderer finds the LAN's interface by the node's address.
render() {
  local before after files=$images/service
  [ ! -d "$files.new" ] || files=$files.new
  before=$(checksum_of_configuration)
  mkdir -p "$configuration"
  # shellcheck disable=SC2016 # the inner shell's parameters
  unshare --mount bash -euc '
    mount --make-rprivate /
    mount --bind "$2" "$1/etc/ha-demo"
    mount --bind "$3" "$1/mnt"
    mount -t proc proc "$1/proc"
    exec chroot "$1" env --chdir=/app NODE_COMPILE_CACHE=/app/compile-cache \
      require-getrandom node dist/rendering/main.js --cluster=/mnt/cluster.yaml --templates=/mnt/config-templates \
      --host="$4" --out=/etc/ha-demo
  ' bash "$files" "$configuration" "$folder" "$node" >/dev/null
  after=$(checksum_of_configuration)
  [ "$before" = "$after" ] || changed "$configuration"
}

checksum_of_configuration() {
  { cd "$configuration" && find . -type f -exec sha256sum {} + | sort; } 2>/dev/null || true
}

# Where the kernel lacks one of these, keepalived's entrypoint says that second chance is unavailable.
provide_kernel_settings() {
  local module
  write_if_different /etc/modules-load.d/ha-demo.conf "$(cat "$configuration/hosts/$node/modules.conf")" || true
  while read -r module; do
    [[ $module != '#'* ]] || continue
    modprobe "$module" 2>/dev/null || logger --stderr --tag ha-demo "the kernel has no module $module"
  done <"$configuration/hosts/$node/modules.conf"
  if write_if_different /etc/sysctl.d/90-ha-demo.conf "$(cat "$configuration/hosts/$node/sysctl.conf")"; then
    sysctl --quiet --load=/etc/sysctl.d/90-ha-demo.conf
  fi
  if write_if_different /etc/tmpfiles.d/ha-demo.conf "$(cat "$configuration/hosts/$node/tmpfiles.conf")"; then
    systemd-tmpfiles --create /etc/tmpfiles.d/ha-demo.conf
  fi
}

# The lines between the marks are ha-demo's.
provide_host_names() {
  local others
  others=$(sed '/^# ha-demo begin/,/^# ha-demo end/d' /etc/hosts)
  write_if_different /etc/hosts "$others
$(cat "$configuration/hosts/$node/hosts")" || true
}

# The requests are in the journal. A syslog daemon that writes them a second time costs a busy host a quarter of HAProxy's own
# work on them, and hides what happens in /var/log/messages.
provide_syslog_rules() {
  # shellcheck disable=SC2016 # rsyslog's variable
  local rules='if $programname == "haproxy" or $programname == "ha-demo" then stop'
  if write_if_different /etc/rsyslog.d/ha-demo.conf "$rules$(additional_syslog_rules)"; then
    systemctl restart rsyslog
  fi
}

# The images have them too: `observe` is asked when its container is down, and `reload` would take long into its own.
provide_scripts() {
  write_if_different "$library/node.sh" "$(cat "$folder/scripts/node.sh")" || true
  local script
  for script in observe reload; do
    if write_if_different "$library/$script" "$(cat "$folder/scripts/$script")"; then chmod 755 "$library/$script"; fi
  done
}

# Who has logged in, also to look at the lab, comes after what serves. Slices divide a busy processor whatever the niceness
# of their processes. CPUShares is for systemd before version 231.
provide_priorities() {
  write_if_different /etc/systemd/system/user.slice.d/ha-demo.conf $'[Slice]\nCPUShares=102\nCPUWeight=10' || true
}

# Restarted is what differs from what it was started with: unit, image, configuration.
provide_services() {
  local unit image definition stamp
  for unit in ha-demo haproxy keepalived; do
    write_if_different "/etc/systemd/system/$unit.service" "$(cat "$configuration/hosts/$node/$unit.service")" || true
  done
  systemctl daemon-reload
  systemctl --quiet enable ha-demo haproxy keepalived 2>/dev/null
  for unit in ha-demo haproxy keepalived; do
    image=${unit/ha-demo/service}
    stamp=/run/ha-demo/$unit.started-with
    definition=$(definition_of "$unit")
    if systemctl --quiet is-active "$unit" && [ ! -d "$images/$image.new" ] &&
      [ "$(cat "$stamp" 2>/dev/null)" = "$definition" ]; then continue; fi
    changed "start of $unit"
    systemctl stop "$unit"
    [ ! -d "$images/$image.new" ] || adopt_image "$image"
    systemctl start "$unit"
    echo "$definition" >"$stamp"
    rm -rf "$images/$image.old"
  done
}

# Without its id, an image that was taken over half way is unpacked again.
adopt_image() {
  rm -rf "$images/$1.old" "$images/$1.id"
  [ ! -d "$images/$1" ] || mv "$images/$1" "$images/$1.old"
  mv "$images/$1.new" "$images/$1"
  cp "$folder/images/$1.id" "$images/$1.id"
}

definition_of() {
  local files
  case $1 in
    ha-demo) files=(service.json "$configuration/hosts/$node/app/config.json") ;;
    haproxy) files=(haproxy.cfg node.env "$configuration/hosts/$node/haproxy/config.json") ;;
    keepalived) files=(keepalived.conf node.env "$configuration/hosts/$node/keepalived/config.json") ;;
  esac
  (cd "$configuration/nodes/$node" && cat "${files[@]}" "/etc/systemd/system/$1.service") | sha256sum
}

wait_until_it_works() {
  local deadline=$((SECONDS + 240))
  until it_works; do
    ((SECONDS < deadline)) || fail "not healthy within 240 s: journalctl -u ha-demo -u haproxy -u keepalived"
    sleep 2
  done
  # HAProxy and keepalived run on with the previous version of what they refuse.
  local refused
  for refused in /run/ha-demo/refused-*; do
    [ ! -e "$refused" ] || fail "${refused##*/refused-} is refused, the previous one is in use: $(head --lines 1 "$refused")"
  done
}

# HAProxy has a server that is up, and keepalived has made up its mind.
it_works() {
  local report
  report=$(HA_DEMO_NODE=$node "$library/observe")
  [[ $report == *'"status":"UP"'* && $report =~ \"vrrpState\":\"(MASTER|BACKUP)\" ]]
}

main
