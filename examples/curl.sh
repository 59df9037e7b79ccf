#!/usr/bin/env bash
# Starts a transfer and follows it with curl alone, across lost connections:
#
#     examples/curl.sh [http://127.0.0.1:4000] [options as GraphQL]
#
# as in: examples/curl.sh http://127.0.0.1:4000 'size: 128 steps: 50'
set -euo pipefail
server=${1:-http://127.0.0.1:4000}
options=${2:-}

ask() { # an operation, whose quotes and line ends JSON wants otherwise, and further arguments for curl
  local query=${1//\"/\\\"}
  query=${query//$'\n'/ }
  shift
  curl -sN --fail-with-body "$server/graphql" -H 'content-type: application/json' "$@" -d "{\"query\":\"$query\"}"
}
value() { # of the first such key in a line of JSON
  sed -nE "s/^.*\"$1\":\"?([^\",}]*).*$/\1/p"
}

started=$(ask "mutation { startTransfer(input: {
  content: { sample: \"mountain-lake\" } styles: [{ image: { sample: \"starry-swirls\" } }] preset: FAST $options
}) { transfer { id } } }" | tr -d '\n')
id=$(value id <<<"$started")
[ -n "$id" ] || { echo "$started" >&2; exit 1; }

after=0
status=QUEUED
while [[ $status == QUEUED || $status == RUNNING ]]; do
  while IFS= read -r line; do
    [[ $line == data:*sequence* ]] || continue
    after=$(value sequence <<<"$line")
    status=$(value status <<<"$line")
    total=$(value total <<<"$line")
    [ -z "$total" ] || echo "step $(value step <<<"$line"): $total"
  done < <(ask "subscription { transferProgress(id: \"$id\" after: $after) { sequence status step losses { total } } }" \
    -H 'accept: text/event-stream' || true)
  # A stream that ends before the transfer was cut off: the next one goes on after the last event.
  [[ $status != QUEUED && $status != RUNNING ]] || sleep 1
done
echo "$status: $server/transfers/$id/result.png"
