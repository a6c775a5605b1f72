#!/usr/bin/env bash
# run-steps.sh TARGET... : makes one target after the other, each under a headline; stops at the first that fails.
set -euo pipefail

number=0
for step in "$@"; do
    number=$((number + 1))
    begun=$SECONDS
    printf '\n=== %d/%d %s\n' "$number" $# "$step"
    if ! "${MAKE:-make}" --no-print-directory "$step"; then
        printf '\nmake test: step %s failed after %d s\n' "'$step'" $((SECONDS - begun)) >&2
        exit 1
    fi
    printf -- '--- %s: %d s\n' "$step" $((SECONDS - begun))
done
printf '\nmake test: all %d steps passed in %d s\n' $# $SECONDS
