#!/usr/bin/env bash
# build.sh FOLDER IMAGES: makes FOLDER/test.box, a small Debian 12 for vagrant-libvirt, out of Debian's packages, with the
# images in the folder IMAGES (see `./ha-demo images save`). Needs root, mmdebstrap, qemu-utils, e2fsprogs, fdisk, grub-common and
# grub-pc-bin; no loop device, no KVM.
#
# Packages and images are a cache: hosts/packages.sh and `up` would install and unpack the same on any other box, which takes an emulated
# machine five minutes.
set -euo pipefail

folder=$1
images=$2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# The key that every public Vagrant box accepts; Vagrant's package has its public half.
vagrant_key=$(dpkg --listfiles vagrant | grep '/keys/vagrant.pub$')
readonly disk_gib=8
read -r -a packages <<<"$("$here/../../hosts/packages.sh" --list)"

base_packages=(systemd systemd-sysv dbus udev openssh-server sudo iproute2 procps kmod netbase e2fsprogs)
base_packages+=(linux-image-cloud-amd64 initramfs-tools zstd less)

main() {
  rm -rf "$folder"
  mkdir -p "$folder"
  cd "$folder"
  bootstrap
  unpack_images "$images"
  make_disk
  pack_box
  rm -rf root disk.raw disk.qcow2 box.img
}

bootstrap() {
  local include
  include=$(IFS=,; echo "${base_packages[*]},${packages[*]}")
  vagrant_key=$vagrant_key mmdebstrap --mode=root --variant=minbase --format=directory --include="$include" \
    --aptopt='Acquire::Retries "5"' --aptopt='APT::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt=force-unsafe-io \
    --customize-hook="$here/customize.sh" \
    bookworm root
}

unpack_images() {
  local image files
  for image in service haproxy keepalived; do
    files=root/var/lib/ha-demo/images/$image
    mkdir -p "$files"
    tar --extract --gzip --numeric-owner --file "$1/$image.tar.gz" --directory "$files"
    cp "$1/$image.id" "$files/image-id"
  done
}

# MBR, one ext4 file system filled from the folder, GRUB in the gap before it.
make_disk() {
  ln -sf "$(basename root/boot/vmlinuz-*)" root/boot/vmlinuz
  ln -sf "$(basename root/boot/initrd.img-*)" root/boot/initrd.img
  mkdir -p root/boot/grub
  # AppArmor's service takes 19 s of an emulated boot. An emulator translates code anew at each address it finds it at:
  # with random ones, each process from its first instruction on.
  cat >root/boot/grub/grub.cfg <<'GRUB'
linux /boot/vmlinuz root=/dev/vda1 ro console=ttyS0,115200 net.ifnames=0 mitigations=off norandmaps apparmor=0 quiet loglevel=4
initrd /boot/initrd.img
boot
GRUB
  truncate --size="${disk_gib}G" disk.raw
  echo '2048,,L,*' | sfdisk --quiet disk.raw
  mke2fs -q -F -t ext4 -L root -m 1 -E offset=1048576,lazy_itable_init=1 -d root disk.raw \
    $((disk_gib * 1024 * 1024 - 1024))k
  cat >early.cfg <<'GRUB'
serial --unit=0 --speed=115200
terminal_input serial
terminal_output serial
set root=(hd0,msdos1)
set prefix=(hd0,msdos1)/boot/grub
configfile /boot/grub/grub.cfg
GRUB
  grub-mkimage -O i386-pc -o core.img -p '(hd0,msdos1)/boot/grub' -c early.cfg \
    biosdisk part_msdos ext2 linux normal configfile serial terminal boot echo
  (($(stat --format=%s core.img) < 2047 * 512))
  # The first sector's last 72 bytes are the disk's id and its partition table.
  dd if=/usr/lib/grub/i386-pc/boot.img of=disk.raw bs=440 count=1 conv=notrunc status=none
  dd if=core.img of=disk.raw bs=512 seek=1 conv=notrunc status=none
  cp root/boot/vmlinuz root/boot/initrd.img .
}

pack_box() {
  qemu-img convert -O qcow2 disk.raw box.img
  printf '{"provider": "libvirt", "format": "qcow2", "virtual_size": %d}\n' "$disk_gib" >metadata.json
  cp "$here/Vagrantfile.box" Vagrantfile
  cp "$here/emulator.sh" .
  tar --use-compress-program='gzip -1' -cf test.box metadata.json Vagrantfile emulator.sh box.img
}

main
