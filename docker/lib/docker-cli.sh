# shellcheck shell=bash
# The Docker CLI's plugins: the machine's own, or those in .ha-demo/docker-cli.
# shellcheck disable=SC2154 # the caller sets $root, the project's folder

plugins_are_usable() {
  version_at_least "$(docker compose version --short 2>/dev/null)" 2 20 &&
    docker buildx version >/dev/null 2>&1
}

version_at_least() {
  [[ ${1#v} =~ ^([0-9]+)\.([0-9]+) ]] &&
    ((BASH_REMATCH[1] > $2 || (BASH_REMATCH[1] == $2 && BASH_REMATCH[2] >= $3)))
}

# Makes this process use the project's plugins where the machine's own do not do.
use_project_plugins_if_needed() {
  local folder=$root/.ha-demo/docker-cli
  if [ -d "$folder" ] && ! plugins_are_usable; then
    keep_own_settings "${DOCKER_CONFIG:-${HOME:-}/.docker}" "$folder"
    export DOCKER_CONFIG=$folder
  fi
}

# Logins, contexts, builders and other plugins of the user stay in force.
keep_own_settings() {
  local own=$1 folder=$2 entry name
  for entry in "$own"/* "$own"/cli-plugins/*; do
    name=${entry#"$own"/}
    if [ -e "$entry" ] && [ "$name" != cli-plugins ] && [ ! -e "$folder/$name" ]; then
      ln -sfn "$entry" "$folder/$name"
    fi
  done
}
