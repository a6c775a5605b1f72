#!/usr/bin/env bash
# wasm-opt.sh IN OUT : makes a contract small. Rust uses instructions that the chain's VM refuses; the lowering passes express
# them in older ones. Needs what tools/scripts/build-wasm.sh installs.
set -euo pipefail

"$(dirname "$0")/node_modules/.bin/wasm-opt" -Os \
    --enable-bulk-memory --enable-sign-ext --enable-mutable-globals --enable-nontrapping-float-to-int \
    --signext-lowering --llvm-memory-copy-fill-lowering --llvm-nontrapping-fptoint-lowering \
    "$1" -o "$2"
