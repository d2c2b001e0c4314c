#!/usr/bin/env bash
# Makes this machine able to run the virtual machines' tests: Vagrant with libvirt, and a box built of Debian's packages.
# Needs the images of `./ha-demo images save`.
# stdout: what Vagrant needs to know, as NAME=value lines to export. stop.sh ends what this starts.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
state=$root/.ha-demo
libvirt=$state/vms/libvirt
box_folder=$state/vms/box
pool=ha-demo-test
pool_folder=$state/vms/volumes
# shellcheck source=docker/lib/steps.sh
source "$root/docker/lib/steps.sh"
# shellcheck source=docker/lib/apt.sh
source "$root/docker/lib/apt.sh"

packages=(vagrant vagrant-libvirt libvirt-daemon libvirt-daemon-system libvirt-daemon-driver-qemu libvirt-clients)
packages+=(qemu-system-x86 qemu-utils dnsmasq-base iptables tini openssh-client)
packages+=(mmdebstrap fdisk grub-common grub-pc-bin e2fsprogs)

main() {
  local box driver images
  if ! dpkg-query --show "${packages[@]}" >/dev/null 2>&1; then
    may_install_packages || die "Vagrant with libvirt is needed: install ${packages[*]}"
    step 'Vagrant and libvirt installed' "$state/logs/apt-vagrant.log" install_vagrant
  fi
  if ! libvirt_answers; then
    step 'libvirt started' "$state/logs/libvirt.log" start_libvirt
  fi
  export VAGRANT_HOME=$state/vms/vagrant-home VAGRANT_DEFAULT_PROVIDER=libvirt
  images=$state/images
  box=ha-demo/test-box-$(cat "$root"/vagrant/test-box/* "$root/hosts/packages.sh" "$images"/*.id | sha256sum | cut -c 1-8)
  if [ ! -e "$box_folder/$(basename "$box")" ]; then
    step 'Test box built' "$state/logs/test-box.log" "$root/vagrant/test-box/build.sh" \
      "$box_folder" "$images"
    step 'Test box added to Vagrant' "$state/logs/box-add.log" \
      vagrant box add --force --provider libvirt --name "$box" "$box_folder/test.box"
    rm "$box_folder/test.box"
    touch "$box_folder/$(basename "$box")"
  fi
  step 'Storage pool of this clone' "$state/logs/pool.log" use_own_pool
  driver=$(working_driver)

  echo "VAGRANT_HOME=$VAGRANT_HOME"
  echo "VAGRANT_DEFAULT_PROVIDER=$VAGRANT_DEFAULT_PROVIDER"
  echo "HA_DEMO_BOX=$box"
  echo "HA_DEMO_LIBVIRT_DRIVER=$driver"
  echo "HA_DEMO_STORAGE_POOL=$pool"
  if [ "$driver" = qemu ]; then echo HA_DEMO_PROFILE=emulated; fi
}

install_vagrant() {
  update_package_lists
  install_packages "${packages[@]}"
}

libvirt_answers() {
  virsh --connect qemu:///system version >/dev/null 2>&1
}

# Where no init system has started it. tini makes the daemons' children its own: where process 1 is slow to collect the
# dead, libvirt would wait for each machine that ends.
start_libvirt() {
  local daemon deadline
  # The machines' disks lie in a folder of root's; and an emulator of another user makes libvirt probe it at each call.
  if ! grep -q '^user = "root"' /etc/libvirt/qemu.conf; then
    printf 'user = "root"\ngroup = "root"\n' >>/etc/libvirt/qemu.conf
  fi
  mkdir -p "$libvirt" /run/libvirt
  for daemon in virtlogd libvirtd; do
    setsid tini -s -- "/usr/sbin/$daemon" >"$libvirt/$daemon.log" 2>&1 </dev/null 3>&- &
    echo $! >"$libvirt/$daemon.pid"
  done
  deadline=$((SECONDS + 30))
  until libvirt_answers; do
    if ((SECONDS > deadline)); then
      cat "$libvirt"/*.log
      return 1
    fi
    sleep 0.2
  done
}

# Another clone's pool may still be there, or that of a clone which was in this folder before; its own folder may not.
use_own_pool() {
  local virsh=(virsh --connect qemu:///system)
  mkdir -p "$pool_folder"
  if "${virsh[@]}" pool-dumpxml "$pool" 2>/dev/null | grep -qF "<path>$pool_folder</path>"; then
    "${virsh[@]}" pool-list --name | grep -qx "$pool *" || "${virsh[@]}" pool-start "$pool"
    return
  fi
  if "${virsh[@]}" pool-info "$pool"; then
    "${virsh[@]}" pool-destroy "$pool" || true # it may not be active
    "${virsh[@]}" pool-undefine "$pool"
  fi
  "${virsh[@]}" pool-define-as "$pool" dir --target "$pool_folder"
  "${virsh[@]}" pool-start "$pool"
}

# Some machines have a /dev/kvm under which guests hang: the box's own kernel has to come up under it.
working_driver() {
  local console=$box_folder/kvm-console.log
  if [ -e "$console" ]; then
    verdict_of "$console"
    return
  fi
  if [ -w /dev/kvm ]; then
    timeout 20 qemu-system-x86_64 -accel kvm -m 256 -nographic -no-reboot -nodefaults -serial "file:$console" \
      -kernel "$box_folder/vmlinuz" -append 'console=ttyS0 panic=-1' </dev/null >/dev/null 2>&1 || true
  fi
  touch "$console"
  verdict_of "$console"
}

# It gets as far as the missing root disk.
verdict_of() {
  if grep -q 'Kernel panic' "$1"; then echo kvm; else echo qemu; fi
}

main
