#!/usr/bin/env bash
# Builds the contracts of the release before this one, from its commit, into tests/fixtures/previous: what chains run
# today, and what `make e2e` migrates from.
#
#   build-previous.sh [COMMIT]   writes the fixture; COMMIT is the one of tests/fixtures/previous/commit if not given
#   build-previous.sh --check    writes nothing; fails when the fixture is not what its commit gives
#
# Compressed to a third; without name and time gzip gives the same bytes everywhere.
set -euo pipefail
cd "$(dirname "$0")/../.."

fixture=tests/fixtures/previous
case ${1:-} in
    --check | "") commit=$(<$fixture/commit) ;;
    *) commit=$(git rev-parse --verify "$1^{commit}") ;;
esac

work=$(mktemp -d)
trap 'git worktree remove --force "$work/source" 2>/dev/null; rm -rf "$work"' EXIT
git worktree add --quiet --detach "$work/source" "$commit"

# Its own script builds it, and has to come to the checksums that were released.
(
    cd "$work/source"
    build=tools/scripts/build-wasm.sh
    [[ -f $build ]] || build=tools/build-wasm.sh # where it lay before 0.3.0
    CARGO_TARGET_DIR=$work/target $build
    git diff --exit-code artifacts/checksums.txt
)
mkdir "$work/fixture"
for wasm in "$work"/source/artifacts/hub_*.wasm; do
    gzip --best --no-name --stdout "$wasm" >"$work/fixture/$(basename "$wasm").gz"
done
cp "$work/source/artifacts/checksums.txt" "$work/fixture/"
echo "$commit" >"$work/fixture/commit"

if [[ ${1:-} == --check ]]; then
    diff -r "$fixture" "$work/fixture" || {
        echo "$fixture is not what commit $commit gives: run tools/scripts/build-previous.sh $commit" >&2
        exit 1
    }
else
    mkdir -p "$fixture"
    rm -f "$fixture"/*
    mv "$work"/fixture/* "$fixture/"
    wc -c "$fixture"/*.gz
fi
