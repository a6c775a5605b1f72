#!/usr/bin/env bash
# mutants.sh [ARGUMENT...] : changes the money code named in .cargo/mutants.toml in every small way that cargo-mutants
# knows. Fails unless each change is noticed by a test, or keeps the code from being built. ARGUMENTs, such as
# --shard 0/8 or --re Purse, choose some of the changes.
#
# First each change meets the unit tests of the contracts and of hub-types, which takes seconds. Those that survive meet
# the whole Hub: every action, and HUB_MESSAGES random messages under the invariants. What survives that too is listed.
# A change that makes the code run for ever counts as noticed. Logs stand in target/mutants/{unit,hub}/mutants.out.
#
# HUB_TOOLS names the folder where cargo-mutants is kept (default: ~/.cache/hub-tools).
set -euo pipefail
cd "$(dirname "$0")/../.."

cargo_mutants=27.1.0
tools_dir=$(realpath -m "${HUB_TOOLS:-$HOME/.cache/hub-tools}")
work=$PWD/target/mutants
tree=$work/tree
export HUB_MESSAGES=${HUB_MESSAGES:-3000}

tools/scripts/need.sh cargo cc
tool=$tools_dir/cargo-mutants-$cargo_mutants
if [[ ! -x $tool/bin/cargo-mutants ]]; then
    echo "Installing cargo-mutants $cargo_mutants into $tool (once; takes some minutes)"
    cargo install cargo-mutants --version $cargo_mutants --locked --root "$tool"
fi
export PATH=$tool/bin:$PATH

# In a copy that stays where it is, so that only what a change touches is built anew. With the time of now: a file that
# lost its change must not look older than what was built with it.
rm -rf "$tree" "$work/unit" "$work/hub"
mkdir -p "$tree" "$work/unit" "$work/hub"
git ls-files --cached --others --exclude-standard -z | tar --create --null --files-from=- --ignore-failed-read 2>/dev/null |
    tar --extract --touch --directory="$tree"
cd "$tree"
export CARGO_TARGET_DIR=$work/build

# cargo-mutants knows values of a Result, not of a StdResult: none of those that it tries for one can be built.
cargo mutants --list-files | xargs sed --in-place --regexp-extended \
    's/-> StdResult<(.*)> \{$/-> Result<\1, cosmwasm_std::StdError> {/'

# run ROUND TIMEOUT PACKAGES CHOICE... -- TEST... : cargo-mutants on the changes chosen, by these tests of PACKAGES, which pass
# without a change. Its exit codes for survivors (2) and endless loops (3) are no failure yet.
run() {
    local round=$1 timeout=$2 packages=$3 choice=() status=0 names
    shift 3
    while [ "$1" != -- ]; do
        choice+=("$1")
        shift
    done
    # Its own baseline would take the packages that are changed, and Cargo would build all dependencies anew for them.
    IFS=, read -ra names <<<"$packages"
    if ! cargo test --profile mutants "${names[@]/#/--package=}" "${@:2}" >"$work/$round/unchanged.log" 2>&1; then
        cat "$work/$round/unchanged.log"
        echo "mutants: tests fail without any change" >&2
        exit 1
    fi
    cargo mutants --in-place --profile mutants --baseline skip --output "$work/$round" --timeout "$timeout" \
        --test-package "$packages" "${choice[@]}" "$@" || status=$?
    [[ $status = [023] ]]
}

# count ROUND RESULT... : how many changes had one of these results.
count() {
    local round=$1
    shift
    cat "${@/#/$work/$round/mutants.out/}" | wc -l
}

# One set of packages for all changes, since Cargo would build the dependencies anew for each other set.
run unit 120 hub-types,hub-billing,hub-escrow,hub-registry "$@" -- --lib

survivors=$(count unit missed.txt)
missed=()
if [ "$survivors" -gt 0 ]; then
    # By their whole names. --iterate would do, were it not for --shard, which would then choose among what is left.
    mapfile -t chosen < <(sed 's/[][\.+*?(){}|^$]/\\&/g; s/.*/--re=^&$/' "$work/unit/mutants.out/missed.txt")
    run hub 900 hub-tests "${chosen[@]}" -- --test hub --test invariants -- --skip flat_cost
    mapfile -t missed < <(
        sort "$work"/hub/mutants.out/{caught,timeout}.txt | comm -23 <(sort "$work/unit/mutants.out/missed.txt") -
    )
fi

printf 'mutants: %d changes, of which %d cannot be built, %d are noticed by unit tests, %d by the whole Hub, %d by none\n' \
    "$(count unit caught.txt missed.txt timeout.txt unviable.txt)" "$(count unit unviable.txt)" \
    "$(count unit caught.txt timeout.txt)" $((survivors - ${#missed[@]})) ${#missed[@]}
if [ ${#missed[@]} -gt 0 ]; then
    printf '%s\n' "${missed[@]}"
    echo "mutants: write a test for each of these; one that changes nothing that anybody can see goes into .cargo/mutants.toml, with the reason" >&2
    exit 1
fi
