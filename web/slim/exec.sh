#!/bin/sh
# exec.sh SLIM PROGRAM ARGS... runs a WebAssembly program in Node after SLIM made it
# smaller; go test -exec takes it.
set -eu
slim=$1 program=$2
shift 2
small=$(mktemp)
trap 'rm -f "$small"' EXIT
"$slim" "$program" "$small"
"$(go env GOROOT)/lib/wasm/go_js_wasm_exec" "$small" "$@"
