#!/usr/bin/env bash
# mutants.sh [ARGUMENT...] : changes the money code named in .cargo/mutants.toml in every small way that cargo-mutants
# knows, and lists the changes that no test notices in target/mutants.out/missed.txt. ARGUMENTs, such as --shard 0/8 or
# --file 'packages/**', are handed to it.
#
# First each change meets the unit tests beside it, which takes seconds. Those that survive meet the whole Hub: every
# action, and random messages under the invariants.
set -euo pipefail

version=27.1.0
cd "$(dirname "$0")/.."
tools=$PWD/target/tools
export PATH=$tools/bin:$PATH

if [ "$(cargo mutants --version 2>/dev/null)" != "cargo-mutants $version" ]; then
    cargo install --quiet --locked --version "$version" --root "$tools" cargo-mutants
fi

export HUB_MESSAGES=${HUB_MESSAGES:-3000}
mutants=(cargo mutants --output target --baseline skip --timeout 600)
# Survivors of the first round are no failure yet; anything but survivors is one.
"${mutants[@]}" "$@" || [ $? -eq 2 ]
"${mutants[@]}" "$@" --iterate --test-package hub-tests -- --test hub --test invariants -- --skip flat_cost
