#!/usr/bin/env bash
# Builds, optimises and checks every contract, the same bytes on every Linux x86-64 machine.
#
#   build-wasm.sh           writes artifacts/hub_<contract>.wasm and artifacts/checksums.txt
#   build-wasm.sh --check   writes nothing; fails when artifacts/checksums.txt is not what the source gives
#
# HUB_TOOLS names the folder where cosmwasm-check is kept (default: ~/.cache/hub-tools).
set -euo pipefail
cd "$(dirname "$0")/../.."

rust=1.95.0
cosmwasm_check=3.0.10
target=wasm32-unknown-unknown
size_limit=819200 # what wasmd stores at most by default: 800 KiB

root=$(pwd -P)
target_dir=$(realpath -m "${CARGO_TARGET_DIR:-target}")/wasm # its own folder: its flags are not those of the tests
tools_dir=$(realpath -m "${HUB_TOOLS:-$HOME/.cache/hub-tools}")

die() {
    echo "$*" >&2
    exit 1
}

# --- What the build needs -------------------------------------------------------------------------

tools/scripts/need.sh cargo cc npm

# Another compiler makes other bytes, so the version is fixed here and nowhere else.
if [[ $(rustc --version) != "rustc $rust "* ]]; then
    tools/scripts/need.sh rustup
    export RUSTUP_TOOLCHAIN=$rust
    rustc --version >/dev/null 2>&1 || rustup toolchain install "$rust" --profile minimal
fi
if [[ ! -d $(rustc --print target-libdir --target $target) ]]; then
    tools/scripts/need.sh rustup
    rustup target add $target
fi

# npm leaves its own copy of the lock file when it is done: older than ours means not installed.
if [[ ! tools/node_modules/.package-lock.json -nt tools/package-lock.json ]]; then
    npm ci --prefix tools
fi

checker=$tools_dir/cosmwasm-check-$cosmwasm_check
if [[ ! -x $checker/bin/cosmwasm-check ]]; then
    echo "Installing cosmwasm-check $cosmwasm_check into $checker (once; takes some minutes)"
    # Unoptimised it is built in a third of the time, and still checks a contract in less than a second.
    CARGO_PROFILE_RELEASE_OPT_LEVEL=0 \
        cargo install cosmwasm-check --version $cosmwasm_check --locked --root "$checker"
fi

# --- Build ----------------------------------------------------------------------------------------

# Panic messages and generated code carry source paths: give every machine the same ones.
cargo fetch --locked --target $target
flags=("--remap-path-prefix=$root=/hub" "--remap-path-prefix=$target_dir=/hub/target/wasm")
for registry in "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*; do
    flags+=("--remap-path-prefix=$registry=/deps")
done
commit=$(rustc -vV | sed -n 's/^commit-hash: //p')
flags+=("--remap-path-prefix=$(rustc --print sysroot)/lib/rustlib/src/rust=/rustc/$commit")

source tools/scripts/wasm-cfg.sh
flags+=("${wasm_cfg[@]}")

# This form, unlike RUSTFLAGS, takes paths with spaces, and it overrides whatever the user has set.
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f' && echo "${flags[*]}")
export CARGO_ENCODED_RUSTFLAGS CARGO_INCREMENTAL=0

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

for dir in contracts/*/; do
    contract=$(basename "$dir")
    echo "Building hub-$contract"
    # One cargo run a contract: in a common one they would share the features of their dependencies.
    cargo build --release --lib --locked --target $target --target-dir "$target_dir" -p "hub-$contract"
    tools/scripts/wasm-opt.sh "$target_dir/$target/release/hub_$contract.wasm" "$out/hub_$contract.wasm"
done

# --- Check ----------------------------------------------------------------------------------------

(cd "$out" && "$checker/bin/cosmwasm-check" ./*.wasm)

for file in "$out"/*.wasm; do
    size=$(wc -c <"$file")
    printf '%-20s %7d bytes, %2d %% of what a chain takes\n' "$(basename "$file")" "$size" $((100 * size / size_limit))
    ((size <= size_limit)) || die "$(basename "$file") has $size bytes; a chain takes at most $size_limit"
done

(cd "$out" && sha256sum -- *.wasm >checksums.txt)

if [[ ${1:-} == --check ]]; then
    diff -u artifacts/checksums.txt "$out/checksums.txt" ||
        die "artifacts/checksums.txt is not what this source gives: run 'make wasm' and commit it"
else
    mkdir -p artifacts
    rm -f artifacts/*.wasm
    mv "$out"/* artifacts/
    cat artifacts/checksums.txt
fi
