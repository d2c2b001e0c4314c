# shellcheck shell=bash
# Step list of the scripts that prepare the machine. Everything is written to
# stderr, because stdout belongs to the command that the user asked for.
# Callers run under `set -euo pipefail`. Works with bash 3.2, which macOS has.

die() {
  printf 'ha-demo: %s\n' "$*" >&2
  exit 2
}

say() {
  printf '  %s\n' "$*" >&2
}

# step TEXT LOG COMMAND...: runs COMMAND in a subshell, its output goes to LOG.
# Never in a condition (if, ||, &&): bash would ignore `set -e` inside COMMAND.
step() {
  local text=$1 log=$2 started spinner='' status
  shift 2
  mkdir -p "$(dirname "$log")"
  started=$(now_in_ms)
  if [ -t 2 ] && [ "${TERM:-dumb}" != dumb ]; then
    spin "$text" "$started" &
    spinner=$!
  fi

  set +e
  (set -e; "$@") >"$log" 2>&1 </dev/null
  status=$?
  set -e

  if [ -n "$spinner" ]; then
    kill "$spinner"
    wait "$spinner" 2>/dev/null || true
    printf '\r\033[K' >&2
  fi
  if [ "$status" -ne 0 ]; then
    step_line 31 ✗ "$text" "$started"
    tail -n 20 "$log" >&2
    printf '  full log: %s\n' "$log" >&2
    return 1
  fi
  step_line 32 ✓ "$text" "$started"
}

step_line() {
  local colour=$1 mark=$2 text=$3 elapsed
  elapsed=$(($(now_in_ms) - $4))
  if [ -t 2 ] && [ -z "${NO_COLOR:-}" ]; then
    mark=$(printf '\033[%sm%s\033[0m' "$colour" "$mark")
  fi
  printf '  %s %-44s %d.%d s\n' "$mark" "$text" $((elapsed / 1000)) $((elapsed % 1000 / 100)) >&2
}

# Ends by itself when the script is gone: an interrupted step leaves no spinner.
spin() {
  local text=$1 started=$2 frame
  while true; do
    for frame in ⠋ ⠙ ⠹ ⠸ ⠼ ⠴ ⠦ ⠧ ⠇ ⠏; do
      kill -0 $$ 2>/dev/null || return 0
      printf '\r  %s %-44s %d s' "$frame" "$text" $((($(now_in_ms) - started) / 1000)) >&2
      sleep 0.1
    done
  done
}

now_in_ms() {
  if [ -n "${EPOCHREALTIME:-}" ]; then
    local microseconds=${EPOCHREALTIME/[.,]/}
    echo $((microseconds / 1000))
  else
    echo $(($(date +%s) * 1000))
  fi
}
