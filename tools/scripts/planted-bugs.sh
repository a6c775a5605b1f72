#!/usr/bin/env bash
# planted-bugs.sh : plants each bug of tools/planted-bugs in a copy of the project and runs the invariants there. Fails
# unless they pass without a bug and fail with each. HUB_MESSAGES: how many random messages each run may send.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
work=$root/target/planted-bugs
tree=$work/tree
log=$work/log
export CARGO_TARGET_DIR=$work/build
export HUB_MESSAGES=${HUB_MESSAGES:-5000}
invariants=(cargo test --quiet --locked --package hub-tests --test invariants)

# With the time of now: a file that lost its bug must not look older than what was built with it.
mkdir -p "$tree"
cd "$root"
git ls-files --cached --others --exclude-standard -z | tar --create --null --files-from=- --ignore-failed-read 2>/dev/null |
    tar --extract --touch --directory="$tree"
cd "$tree"

run() {
    if ! "${invariants[@]}" --no-run >"$log" 2>&1; then
        cat "$log"
        echo "planted bugs: it does not build" >&2
        exit 1
    fi
    "${invariants[@]}" >"$log" 2>&1
}

begun=$SECONDS
if ! run; then
    cat "$log"
    echo "planted bugs: the invariants fail without any" >&2
    exit 1
fi
printf 'no bug         the invariants hold over %d messages\n' "$HUB_MESSAGES"

count=0
missed=0
for bug in "$root"/tools/planted-bugs/*.patch; do
    name=$(basename "$bug" .patch)
    if ! patch --quiet --strip=1 --force <"$bug"; then
        echo "planted bugs: $name.patch fits the code no more: write it anew" >&2
        exit 1
    fi
    if run; then
        printf '%-14s NOT CAUGHT\n' "$name"
        missed=$((missed + 1))
    else
        # A failure of anything else is no catch.
        caught=$(grep --max-count=1 --only-matching 'cut down to [0-9]* actions' "$log") || {
            cat "$log"
            echo "planted bugs: with $name something else failed" >&2
            exit 1
        }
        printf '%-14s caught, %s\n' "$name" "$caught"
    fi
    patch --quiet --strip=1 --reverse --force <"$bug"
    count=$((count + 1))
done
printf 'planted bugs: %d of %d caught in %d s\n' $((count - missed)) "$count" $((SECONDS - begun))
[ "$missed" = 0 ]
