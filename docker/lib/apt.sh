# shellcheck shell=bash
# What the scripts need to know about a Debian or Ubuntu machine and its mirrors.

may_install_packages() {
  [ "${HA_DEMO_INSTALL_ENGINE:-}" != never ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null
}

update_package_lists() {
  apt-get update
}

install_packages() {
  export DEBIAN_FRONTEND=noninteractive
  dpkg --configure -a # an earlier installation may have been interrupted
  apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
}

# The version that `apt-get install` would give; empty where there is none.
package_candidate() {
  apt-cache policy "$1" | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'
}

# debian_sources RELEASE KEYRING: sources for it from this machine's own mirrors,
# whatever its own release is; nothing when it has none. apt knows the labels once
# it has fetched the package lists.
debian_sources() {
  local release=$1 keyring=$2 main security
  main=$(configured_mirror Debian)
  security=$(configured_mirror Debian-Security)
  [ -n "$main" ] || return 0
  package_source "$main" "$release $release-updates" "$keyring"
  if [ -n "$security" ]; then
    package_source "$security" "$release-security" "$keyring"
  fi
}

configured_mirror() {
  # shellcheck disable=SC2016 # apt's variable
  apt-get indextargets --format '$(SITE)' 'Created-By: Packages' "Label: $1" | sed -n 1p
}

package_source() {
  printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n\n' "$@"
}
