# Sourced by the scripts of the project, which then stand in its root: folders, versions of tools, and how to fail.
#
#   HUB_TOOLS         folder where tools are kept that scripts install (default: ~/.cache/hub-tools)
#   CARGO_TARGET_DIR  folder of what cargo builds (default: target)
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
cd "$root"
target_dir=$(realpath -m "${CARGO_TARGET_DIR:-target}")
tools_dir=$(realpath -m "${HUB_TOOLS:-$HOME/.cache/hub-tools}")

# What is built into contracts, or decides what passes, has its version here and nowhere else. That of wasm-opt is in package.json.
rust=1.95.0
cosmwasm_check=3.0.10
cargo_deny=0.20.2
cargo_mutants=27.1.0
uv=0.13.9
wasm_target=wasm32-unknown-unknown

# How crates are told apart from what they choose by themselves, in what is deployed and in what tests it. A VM multiplies 32 by
# 32 bits in one instruction, and 64 by 64 to 128 in a function call: an attestation document costs a seventh less gas in limbs
# of 32 bits, which the arithmetic of P-384 does not choose for wasm.
wasm_cfg=(--cfg 'cpubits="32"')

# die SENTENCE... : says what is wrong and what to do, and ends.
die() {
    echo "$*" >&2
    exit 1
}

# need PROGRAM... : ends with one line for each program that is missing.
need() {
    tools/scripts/need "$@"
}

# encoded FLAG... : flags for CARGO_ENCODED_RUSTFLAGS, which unlike RUSTFLAGS takes paths with spaces and overrides whatever the
# user has set.
encoded() {
    local IFS=$'\x1f'
    echo "$*"
}

# installed CRATE VERSION : the program CRATE of that version, installed if it is not. Unoptimised it is built in a third of the
# time, and none of these has to be fast.
installed() {
    local place=$tools_dir/$1-$2
    if [[ ! -x $place/bin/$1 ]]; then
        echo "Installing $1 $2 into $place (once; takes some minutes)" >&2
        CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
            cargo install "$1" --version "$2" --locked --root "$place" >&2
    fi
    echo "$place/bin/$1"
}

# uv_command : the program uv, installed if it is not.
uv_command() {
    local place=$tools_dir/uv-$uv
    need python3
    if [[ ! -x $place/bin/uv ]]; then
        python3 -m venv "$place"
        "$place/bin/pip" install --quiet --disable-pip-version-check "uv==$uv" >&2
    fi
    echo "$place/bin/uv"
}

# one_at_a_time COMMAND... : waits while another such command runs on this machine. Two rustups at once break a toolchain.
one_at_a_time() {
    if type flock >/dev/null 2>&1; then
        flock "${TMPDIR:-/tmp}/hub-tools.lock" "$@"
    else
        "$@"
    fi
}

# wasm_tools : makes the compiler, the target and wasm-opt of the contracts available, for this script and what it calls.
wasm_tools() {
    need cargo cc npm
    # Another compiler makes other bytes.
    if [[ $(rustc --version) != "rustc $rust "* ]]; then
        need rustup
        export RUSTUP_TOOLCHAIN=$rust
        rustc --version >/dev/null 2>&1 || one_at_a_time rustup toolchain install "$rust" --profile minimal
    fi
    if [[ ! -d $(rustc --print target-libdir --target $wasm_target) ]]; then
        need rustup
        one_at_a_time rustup target add $wasm_target
    fi
    # npm leaves its own copy of the lock file when it is done: older than ours means not installed.
    if [[ ! tools/scripts/node_modules/.package-lock.json -nt tools/scripts/package-lock.json ]]; then
        npm ci --prefix tools/scripts --loglevel=error
    fi
}
