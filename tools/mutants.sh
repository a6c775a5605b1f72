#!/usr/bin/env bash
# mutants.sh [ARGUMENT...] : changes the money code named in .cargo/mutants.toml in every small way that cargo-mutants
# knows, and lists the changes that no test notices in target/mutants.out/missed.txt. ARGUMENTs, such as --shard 0/8 or
# --file 'packages/**', are handed to it.
#
# First each change meets the unit tests beside it, which takes seconds. Those that survive meet the whole Hub: every
# action, and random messages under the invariants.
#
# HUB_TOOLS names the folder where cargo-mutants is kept (default: ~/.cache/hub-tools).
set -euo pipefail
cd "$(dirname "$0")/.."

cargo_mutants=27.1.0
tools_dir=$(realpath -m "${HUB_TOOLS:-$HOME/.cache/hub-tools}")

tools/need.sh cargo cc
tool=$tools_dir/cargo-mutants-$cargo_mutants
if [[ ! -x $tool/bin/cargo-mutants ]]; then
    echo "Installing cargo-mutants $cargo_mutants into $tool (once; takes some minutes)"
    cargo install cargo-mutants --version $cargo_mutants --locked --root "$tool"
fi
export PATH=$tool/bin:$PATH

export HUB_MESSAGES=${HUB_MESSAGES:-3000}
mutants=(cargo mutants --output target --baseline skip --timeout 600)
# Survivors of the first round are no failure yet; anything but survivors is one.
"${mutants[@]}" "$@" || [ $? -eq 2 ]
"${mutants[@]}" "$@" --iterate --test-package hub-tests -- --test hub --test invariants -- --skip flat_cost
