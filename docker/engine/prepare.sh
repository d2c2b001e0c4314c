#!/usr/bin/env bash
# Makes sure that a Docker engine runs and that Compose (2.20 or newer, for
# `include`) and buildx are there; says what to do where it may not or cannot.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
state=$root/.ha-demo
# shellcheck source=docker/lib/steps.sh
source "$root/docker/lib/steps.sh"
# shellcheck source=docker/lib/apt.sh
source "$root/docker/lib/apt.sh"
# shellcheck source=docker/lib/docker-cli.sh
source "$root/docker/lib/docker-cli.sh"

main() {
  if ! engine_answers; then
    bring_up_engine
  fi
  require_supported_engine
  use_project_plugins_if_needed
  if ! plugins_are_usable; then
    install_plugins
  fi
}

engine_answers() {
  engine_version >/dev/null 2>&1
}

engine_version() {
  docker version --format '{{.Server.Version}}'
}

require_supported_engine() {
  local version
  version=$(engine_version)
  version_at_least "$version" 20 10 || die "Docker engine $version is too old: 20.10 or newer is needed"
}

bring_up_engine() {
  if [ -n "${DOCKER_HOST:-}" ]; then
    die "no Docker engine answers at DOCKER_HOST=$DOCKER_HOST"
  fi
  if [ "$(uname -s)" != Linux ]; then
    die "no Docker engine answers: install and start Docker Desktop, then run this again"
  fi
  if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then
    may_install_packages || die_without_engine
    say "No Docker engine here: installing the distribution's docker.io (HA_DEMO_INSTALL_ENGINE=never turns that off)."
    step 'Docker engine installed' "$state/logs/apt-engine.log" install_engine
  fi
  # The package starts the engine itself where there is an init system.
  if ! engine_answers; then
    [ "$(id -u)" = 0 ] || die_as_ordinary_user
    step 'Docker engine started' "$state/logs/dockerd.log" start_engine
  fi
}

die_without_engine() {
  if command -v apt-get >/dev/null; then
    die "no Docker engine here: 'sudo apt-get install docker.io', or run this as root without HA_DEMO_INSTALL_ENGINE=never"
  fi
  die "no Docker engine here: install and start Docker 20.10 or newer with Compose 2.20 or newer and buildx
(Fedora: sudo dnf install moby-engine docker-compose docker-buildx; others: https://docs.docker.com/engine/install)"
}

die_as_ordinary_user() {
  die "no Docker engine answers to $(id -un): start it (sudo systemctl start docker),
or join its group (sudo usermod -aG docker $(id -un), then log in again)"
}

install_engine() {
  local packages=(docker.io ca-certificates)
  update_package_lists
  if ! command -v docker && [ -n "$(package_candidate docker-cli)" ]; then
    packages+=(docker-cli)
  fi
  # With AppArmor in the kernel but without its tools, the engine starts no container.
  if grep -qs Y /sys/module/apparmor/parameters/enabled; then
    packages+=(apparmor)
  fi
  install_packages "${packages[@]}"
}

start_engine() {
  if [ -d /run/systemd/system ]; then
    systemctl start docker || {
      journalctl --unit docker --lines 20 --no-pager
      return 1
    }
  elif ! pidof dockerd; then
    # Not with the priority of who asks, which a drill has lowered: all containers would have it, too.
    renice 0 "$BASHPID" >/dev/null
    setsid dockerd &
    echo $! >"$state/dockerd.pid"
    share_processors $!
  fi
  wait_for_engine
}

# As systemd does it: the engine has a control group of its own, and a container counts as much as the whole engine.
# Without, all containers together count as much as one of the engine's processes, and what the engine has to do when a
# container ends keeps the others waiting.
share_processors() {
  local engine=$1 cpu=/sys/fs/cgroup/cpu containers=16 # default weight: 1024
  # cgroup v1; version 2 without systemd, or one that is not ours, stays as it is.
  [ -w "$cpu/cgroup.procs" ] || return 0
  mkdir -p "$cpu/docker" "$cpu/docker-engine"
  echo $((containers * 1024)) >"$cpu/docker/cpu.shares"
  echo "$engine" >"$cpu/docker-engine/cgroup.procs"
}

wait_for_engine() {
  local deadline=$((SECONDS + 60))
  until engine_answers; do
    if ! pidof dockerd >/dev/null; then
      echo 'dockerd ended before it answered'
      rm -f "$state/dockerd.pid"
      return 1
    fi
    if [ "$SECONDS" -ge "$deadline" ]; then
      echo 'dockerd did not answer within 60 s'
      return 1
    fi
    sleep 0.2
  done
}

install_plugins() {
  may_install_packages || die_without_plugins
  say "Docker Compose 2.20+ or buildx is missing: installing Debian's or Ubuntu's (HA_DEMO_INSTALL_ENGINE=never turns that off)."
  step 'Docker Compose and buildx installed' "$state/logs/docker-plugins.log" provide_plugins
  use_project_plugins_if_needed
  plugins_are_usable || die_without_plugins
}

die_without_plugins() {
  die "Docker Compose 2.20 or newer and buildx are needed:
install docker-compose-plugin and docker-buildx-plugin (https://docs.docker.com/compose/install/linux)"
}

provide_plugins() {
  local packages
  update_package_lists
  packages=$(distribution_plugins)
  if [ -n "$packages" ]; then
    # shellcheck disable=SC2086 # two package names
    install_packages $packages
  else
    fetch_trixie_plugins
  fi
}

distribution_plugins() {
  local compose buildx
  for compose in docker-compose-plugin docker-compose-v2 docker-compose; do
    for buildx in docker-buildx-plugin docker-buildx; do
      if version_at_least "$(package_candidate "$compose")" 2 20 && [ -n "$(package_candidate "$buildx")" ]; then
        echo "$compose $buildx"
        return
      fi
    done
  done
}

# For Debian 12. Debian 13's plugins need nothing but libc, and apt verifies them;
# an apt root of its own keeps that suite out of the machine's.
fetch_trixie_plugins() {
  local apt_root=$state/apt-trixie keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  local plugins=$state/docker-cli/cli-plugins package
  if [ ! -e "$keyring" ]; then
    install_packages debian-archive-keyring
  fi
  trap 'rm -rf "$state/apt-trixie"' EXIT
  mkdir -p "$apt_root"/lists/partial "$apt_root"/cache/archives/partial "$apt_root"/packages "$apt_root"/unpacked "$plugins"
  debian_sources trixie "$keyring" >"$apt_root/debian.sources"
  [ -s "$apt_root/debian.sources" ] || die "apt has no Debian mirror to get Debian 13's Compose and buildx from"
  touch "$apt_root/status"
  cat >"$apt_root/apt.conf" <<CONF
Dir::State "$apt_root";
Dir::State::status "$apt_root/status";
Dir::Cache "$apt_root/cache";
Dir::Etc::sourcelist "$apt_root/debian.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
APT::Sandbox::User "root";
CONF
  export APT_CONFIG=$apt_root/apt.conf
  apt-get update
  cd "$apt_root/packages"
  apt-get download docker-compose docker-buildx
  for package in *.deb; do
    dpkg-deb --extract "$package" "$apt_root/unpacked"
  done
  cp "$apt_root"/unpacked/usr/libexec/docker/cli-plugins/docker-{compose,buildx} "$plugins/"
}

main
