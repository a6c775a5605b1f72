#!/usr/bin/env bash
# Checks what the workspace depends on, by deny.toml: licences, duplicate versions, where crates come from.
#
#   deny.sh               needs no network once cargo-deny is installed and the crates are fetched
#   deny.sh advisories    known vulnerabilities as well; fetches the RustSec database from GitHub
#
# HUB_TOOLS names the folder where cargo-deny is kept (default: ~/.cache/hub-tools).
set -euo pipefail
cd "$(dirname "$0")/../.."

cargo_deny=0.20.2
tools_dir=$(realpath -m "${HUB_TOOLS:-$HOME/.cache/hub-tools}")

tools/scripts/need.sh cargo cc
deny=$tools_dir/cargo-deny-$cargo_deny
if [[ ! -x $deny/bin/cargo-deny ]]; then
    echo "Installing cargo-deny $cargo_deny into $deny (once; takes some minutes)"
    # Unoptimised it is built in a third of the time, and still done in seconds.
    CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off \
        cargo install cargo-deny --version $cargo_deny --locked --root "$deny"
fi

# Of all targets: cargo-deny looks at the whole graph before it looks at those of deny.toml.
cargo fetch --locked --quiet
offline=--offline
checks=(bans licenses sources)
if [[ ${1:-} == advisories ]]; then
    offline=
    checks+=(advisories)
fi
"$deny/bin/cargo-deny" --log-level warn --locked $offline check "${checks[@]}"
