#!/usr/bin/env bash
# Finds the base images, or builds stand-ins where no image registry answers.
# usage: prepare.sh [debian RELEASE], which is that base image alone
# stdout: what image builds need to know, as NAME=value lines to export.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
state=$root/.ha-demo
# shellcheck source=docker/lib/steps.sh
source "$root/docker/lib/steps.sh"
# shellcheck source=docker/lib/apt.sh
source "$root/docker/lib/apt.sh"
# shellcheck source=docker/lib/docker-cli.sh
source "$root/docker/lib/docker-cli.sh"

readonly debian_release=${2:-trixie}
readonly debian_official=debian:$debian_release-slim
readonly debian_stand_in=ha-demo/debian-stand-in:$debian_release-slim
readonly node_official=node:24-trixie-slim
readonly node_stand_in=ha-demo/node-stand-in:24-trixie-slim

registry_answers=unknown

main() {
  local image debian node
  docker version >/dev/null || die 'no Docker engine answers: run docker/engine/prepare.sh first'
  use_project_plugins_if_needed
  if [ "${1-}" = debian ]; then
    choose_image "$debian_official" "$debian_official" "$debian_stand_in" build_debian
    echo "HA_DEMO_DEBIAN_IMAGE=$image"
    return
  fi
  # npm is slow to start: it runs beside the rest, where it is asked at all. One that nobody listens to any more complains.
  if [ -z "${HA_DEMO_NPM_REGISTRY:-}" ]; then
    exec 3< <(cd "$root" && npm config get registry --loglevel=error)
  fi
  choose_image "${HA_DEMO_DEBIAN_IMAGE:-$debian_official}" "$debian_official" "$debian_stand_in" build_debian
  debian=$image
  choose_image "${HA_DEMO_NODE_IMAGE:-$node_official}" "$node_official" "$node_stand_in" build_node
  node=$image

  if [ -n "${DOCKER_CONFIG:-}" ]; then echo "DOCKER_CONFIG=$DOCKER_CONFIG"; fi
  echo "HA_DEMO_DEBIAN_IMAGE=$debian"
  echo "HA_DEMO_NODE_IMAGE=$node"
  echo "HA_DEMO_CA_BUNDLE=$(ca_bundle "$debian" "$node")"
  echo "HA_DEMO_NPM_REGISTRY=${HA_DEMO_NPM_REGISTRY:-$(cat <&3)}"
}

# choose_image WANTED OFFICIAL STAND_IN BUILD: leaves the image to use in $image.
choose_image() {
  local wanted=$1 official=$2 stand_in=$3 build=$4
  if have_image "$wanted"; then
    image=$wanted
  elif [ "$wanted" = "$official" ] && have_image "$stand_in"; then
    image=$stand_in
  elif [ "$wanted" != "$stand_in" ] && pull "$wanted"; then
    image=$wanted
  elif [ "$wanted" = "$official" ] || [ "$wanted" = "$stand_in" ]; then
    "$build"
    image=$stand_in
  else
    die "the base image $wanted is not here and cannot be pulled"
  fi
}

have_image() {
  docker image inspect "$1" >/dev/null 2>&1
}

# Not a step: a machine without an image registry is no failure.
pull() {
  local limit=() log=$state/logs/docker-pull.log
  if [ "$registry_answers" = no ]; then
    return 1
  fi
  if command -v timeout >/dev/null; then
    limit=(timeout 300)
  fi
  mkdir -p "$state/logs"
  say "Pulling $1"
  if ! ${limit[@]+"${limit[@]}"} docker pull "$1" >"$log" 2>&1; then
    say "Cannot be pulled: $(tail -n 1 "$log")"
    registry_answers=no
    return 1
  fi
}

build_debian() {
  if ! command -v mmdebstrap >/dev/null; then
    may_install_packages ||
      die "no image registry answers: install mmdebstrap (Debian, Ubuntu) so that a stand-in for $debian_official can be built, or 'docker load' that image"
    say 'No image registry answers: installing mmdebstrap to build base images (HA_DEMO_INSTALL_ENGINE=never turns that off).'
    step 'mmdebstrap installed' "$state/logs/apt-mmdebstrap.log" install_mmdebstrap
  fi
  step 'Debian base image built' "$state/logs/debian-stand-in.log" bootstrap_debian
}

install_mmdebstrap() {
  update_package_lists
  install_packages mmdebstrap debian-archive-keyring
}

# As slim as the official image: no manuals, no translations, no package lists,
# and apt leaves none behind in image builds.
bootstrap_debian() {
  make_work_folder
  local sources=()
  debian_sources "$debian_release" /usr/share/keyrings/debian-archive-keyring.gpg >"$work/debian.sources"
  # Without any, as on Ubuntu, mmdebstrap knows where Debian is.
  if [ -s "$work/debian.sources" ]; then sources=("$work/debian.sources"); fi
  # What this machine needs to reach its mirrors (a proxy, say) holds in image builds too.
  apt-config dump | sed -nE '/^Acquire::(https?::|Check-|Retries)/p' >"$work/acquire.conf"
  cat >"$work/docker-clean" <<'CONF'
Acquire::Languages "none";
APT::Keep-Downloaded-Packages "false";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
CONF
  # shellcheck disable=SC2016 # mmdebstrap's variable
  mmdebstrap --variant=minbase --include=ca-certificates \
    --aptopt="$work/acquire.conf" --dpkgopt=force-unsafe-io \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/info/*' --dpkgopt='path-exclude=/usr/share/lintian/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --customize-hook="copy-in $work/docker-clean /etc/apt/apt.conf.d" \
    --customize-hook='rm -f "$1"/var/cache/apt/*.bin' \
    "$debian_release" "$work/debian.tar" "${sources[@]}"
  docker import \
    --change 'CMD ["bash"]' \
    --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
    "$work/debian.tar" "$debian_stand_in"
}

build_node() {
  step 'Node base image built' "$state/logs/node-stand-in.log" assemble_node
}

# Node itself comes from the npm registry, too.
assemble_node() {
  make_work_folder
  mkdir -p "$work/local/bin" "$work/local/lib/node_modules"
  place_node "$work/local/bin/node"
  unpack_from_npm npm@11 "$work/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$work/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$work/local/bin/npx"
  docker build --tag "$node_stand_in" --build-arg DEBIAN_IMAGE="$debian" --file - "$work/local" <<'DOCKERFILE'
ARG DEBIAN_IMAGE
FROM ${DEBIAN_IMAGE}
RUN groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node
COPY . /usr/local/
CMD ["node"]
DOCKERFILE
}

# The project's own Node where it fits, since that is here already.
place_node() {
  local installed=$root/node_modules/node/bin/node architecture
  architecture=$(node_architecture)
  if [ "$("$installed" -p 'process.platform + process.arch' 2>/dev/null)" = "linux$architecture" ]; then
    cp "$installed" "$1"
  else
    unpack_from_npm "node-linux-$architecture@24" "$work/node"
    mv "$work/node/bin/node" "$1"
  fi
}

node_architecture() {
  local architecture
  architecture=$(docker version --format '{{.Server.Arch}}')
  case $architecture in
    amd64) echo x64 ;;
    arm64) echo arm64 ;;
    *)
      echo "the npm registry has no Node 24 for $architecture" >&2
      return 1
      ;;
  esac
}

unpack_from_npm() {
  local package=$1 folder=$2 tarball
  tarball=$(cd "$work" && npm pack --loglevel=error "$package")
  mkdir "$folder"
  tar -xzf "$work/$tarball" -C "$folder" --strip-components=1
}

# A step runs in a subshell, at whose end the folder goes.
make_work_folder() {
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
}

# Where the machine trusts certificates of its own (a proxy that inspects TLS),
# image builds have to trust them as well.
ca_bundle() {
  local file
  for file in "${HA_DEMO_CA_BUNDLE:-}" "${NODE_EXTRA_CA_CERTS:-}" "${SSL_CERT_FILE:-}"; do
    if [ -n "$file" ] && [ -r "$file" ]; then
      [[ $file = /* ]] || file=$PWD/$file
      echo "$file"
      return
    fi
  done
  file=/etc/ssl/certs/ca-certificates.crt
  if [[ "$1 $2" = *-stand-in:* ]] && [ -r "$file" ]; then
    echo "$file"
  else
    echo "$root/docker/no-extra-ca.pem"
  fi
}

main "$@"
