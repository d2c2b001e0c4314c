#!/bin/bash
# customize.sh ROOT: mmdebstrap's hook. What makes a Debian a Vagrant box, and quick to boot in an emulator.
set -euo pipefail
root=$1
: "${vagrant_key:?the public key of Vagrant}"

chroot "$root" useradd --create-home --shell /bin/bash vagrant
install -d -m 700 "$root/home/vagrant/.ssh"
install -m 600 "$vagrant_key" "$root/home/vagrant/.ssh/authorized_keys"
chroot "$root" chown -R vagrant:vagrant /home/vagrant/.ssh
echo 'vagrant ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/vagrant"
chmod 440 "$root/etc/sudoers.d/vagrant"
printf 'UseDNS no\nGSSAPIAuthentication no\nPrintMotd no\n' >"$root/etc/ssh/sshd_config.d/vagrant.conf"

echo '/dev/vda1 / ext4 noatime,errors=remount-ro 0 1' >"$root/etc/fstab"
printf '[Match]\nName=eth0\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\n' >"$root/etc/systemd/network/10-eth0.network"
chroot "$root" systemctl enable systemd-networkd.service
# It would wait for eth1, which Vagrant configures later.
ln -sf /dev/null "$root/etc/systemd/system/systemd-networkd-wait-online.service"
rm -f "$root/etc/resolv.conf"
: >"$root/etc/resolv.conf"

echo test-box >"$root/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 test-box\n' >"$root/etc/hosts"
: >"$root/etc/machine-id"

for unit in apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer man-db.timer \
  dpkg-db-backup.timer systemd-timesyncd.service getty@tty1.service; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done

# A small initrd: no more than the root disk needs.
sed -i 's/^MODULES=.*/MODULES=list/; s/^COMPRESS=.*/COMPRESS=zstd/' "$root/etc/initramfs-tools/initramfs.conf"
printf 'virtio_pci\nvirtio_blk\next4\ncrc32c_generic\n' >>"$root/etc/initramfs-tools/modules"
chroot "$root" update-initramfs -u -k all
rm -rf "$root"/var/cache/apt/archives/*.deb
