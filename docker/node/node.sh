# shellcheck shell=bash
# What the entrypoints of HAProxy and keepalived share. They are run with HA_DEMO_NODE set.

# shellcheck disable=SC2034 # for those who source this file
{
  run=/run/ha-demo
  node_configuration=/etc/ha-demo/nodes/$HA_DEMO_NODE
}
export TZ=UTC

# log LEVEL MESSAGE: one JSON line with a millisecond timestamp.
log() {
  local now message=${2//\\/\\\\}
  message=${message//$'\n'/\\n}
  timestamp now
  printf '{"time":"%s","level":"%s","node":"%s","message":"%s"}\n' "$now" "$1" "$HA_DEMO_NODE" "${message//\"/\\\"}"
}

# now_us VARIABLE: microseconds since 1970. bash before version 5, such as CentOS 7's, does not know them itself.
now_us() {
  local now=${EPOCHREALTIME-}
  [ -n "$now" ] || now=$(date +%s.%6N)
  printf -v "$1" %s "${now/[.,]/}"
}

# timestamp VARIABLE
timestamp() {
  local now_us
  now_us now_us
  printf -v "$1" '%(%Y-%m-%dT%H:%M:%S)T.%sZ' "${now_us:0:-6}" "${now_us: -6:3}"
}

# wait_until DEADLINE_MS CONDITION...: fails when the condition does not hold in time.
wait_until() {
  local deadline_us=$((${EPOCHREALTIME/[.,]/} + $1 * 1000))
  shift
  until "$@"; do
    ((${EPOCHREALTIME/[.,]/} < deadline_us)) || return 1
    pause 0.005
  done
}

# pause SECONDS, without a process: nothing ever arrives where it waits for something.
pause() {
  [ -n "${nothing:-}" ] || exec {nothing}<> <(:)
  read -r -t "$1" <&"$nothing" || true
}

# overwrite FILE TEXT: a short text, in place. What has its place keeps it when the file system is full; a file that is emptied
# first may stay empty, which keepalived takes for 0. Readers do without the spaces at its end.
overwrite() {
  printf '%-16s\n' "$2" 1<>"$1" || log error "$1 cannot be written"
}

# report FILE VALUE: to keepalived, which follows the file: 0 or 1, in place. It is written only when the value changes.
report() {
  local reported=
  { read -r reported <"$run/$1"; } 2>/dev/null || true
  [ "$reported" = "$2" ] || echo "$2" 1<>"$run/$1" || log error "$run/$1 cannot be written"
}

# copy FILE COPY: all of it, or nothing.
copy() {
  cp "$1" "$2" && return
  rm -f "$2"
  log error "$2 cannot be written"
  return 1
}

# firing_detectors: sets `firing` to the track files, of those that lead to FAULT, that are not 0.
firing_detectors() {
  local file value
  firing=()
  for file in $DETECTORS; do
    value=0
    { read -r value <"$run/$file"; } 2>/dev/null || true
    # keepalived takes an empty one for 0.
    [ "${value:-0}" = 0 ] || firing+=("$file")
  done
}

# refuse FILE VERDICT: keeps for `observe` why FILE is not adopted: the verdict's first line about it, or else its first one.
refuse() {
  local line reason=${2%%$'\n'*}
  while read -r line; do
    if [[ $line == *"$1"* ]]; then
      reason=$line
      break
    fi
  done <<<"$2"
  # It may be another user's, on a host.
  accept "$1"
  echo "$reason" >"$run/refused-$1" || log error "$run/refused-$1 cannot be written"
}

# accept FILE: nothing is refused any more.
accept() {
  rm -f "$run/refused-$1"
}

# adopt CANDIDATE LIVE CHECK...: makes LIVE a copy of CANDIDATE if CHECK accepts it. Otherwise fails, and LIVE stays.
adopt() {
  local candidate=$1 live=$2 verdict
  shift 2
  if ! verdict=$("$@" "$candidate" 2>&1); then
    log error "$candidate is not valid: $verdict"
    refuse "${candidate##*/}" "$verdict"
    return 1
  fi
  accept "${candidate##*/}"
  # A copy that is there needs no new place.
  if cmp --silent "$candidate" "$live"; then return; fi
  copy "$candidate" "$live.new" && mv "$live.new" "$live"
}

# adopt_or_keep CANDIDATE LIVE CHECK...: at the start, an earlier valid configuration is better than none.
adopt_or_keep() {
  adopt "$@" && return
  [ -e "$2" ] || return 1
  log warning "going on with the previous $2"
}

# ended PID: waits until a background process has ended, and returns its exit status.
ended() {
  local status
  # A signal that is trapped ends a wait; the last one is for the process itself.
  while
    status=0
    wait "$1" || status=$?
    kill -0 "$1" 2>/dev/null
  do :; done
  return "$status"
}

# What a planned stop waits for, once it has made keepalived give the virtual IP away. A connection that the kernel has
# accepted but HAProxy has not would be reset when HAProxy closes its listener; a packet that a switch still sends here
# would be lost when keepalived takes the virtual MAC's device away. With second chance none can follow: the peer gets
# what is new by then.
until_traffic_has_moved() {
  wait_until "$MOVE_VIP_STEP_MS" holds_no_vip || log warning 'the virtual IP did not leave in time; stopping all the same'
  wait_until "$MOVE_VIP_STEP_MS" no_new_connection || log warning 'new connections still arrive; stopping all the same'
}

# keepalived's entrypoint keeps this file up to date.
holds_no_vip() {
  local state=
  { read -r state <"$run/vrrp-state"; } 2>/dev/null
  [ "$state" != MASTER ]
}

no_new_connection() {
  local before after
  before=$(accepted_connections)
  pause 0.05
  after=$(accepted_connections)
  [ "$before" = "$after" ] && no_connection_pending
}

# Neither in its handshake (state 03, SYN_RECV) nor in the queue of the listener (0A, which counts it as received).
no_connection_pending() {
  awk -v port="$(printf ':%04X$' "$TIER_PORT")" '
    $2 ~ port && ($4 == "03" || $4 == "0A" && $5 !~ /:00000000$/) { pending = 1; exit }
    END { exit pending }' /proc/net/tcp
}

# Nothing when HAProxy does not answer: nothing is accepted then.
accepted_connections() {
  haproxy_statistics | awk -F, -v proxy="$TIER_PROXY" '$1 == proxy && $2 == "FRONTEND" { print $8 }'
}

# CSV (HAProxy Management Guide, section 9.1); nothing when HAProxy does not answer.
haproxy_statistics() {
  echo 'show stat' | socat -t 1 - "UNIX-CONNECT:$HAPROXY_USER_SOCKET" 2>/dev/null || true
}
