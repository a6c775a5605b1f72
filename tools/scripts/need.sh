#!/usr/bin/env bash
# need.sh PROGRAM... : stops with one line a program that is missing and says what to install.
set -euo pipefail

missing=0
for program in "$@"; do
    command -v "$program" >/dev/null && continue
    case $program in
        cargo | rustup) from="install Rust from https://rustup.rs" ;;
        cc) from="install a C compiler (Debian, Ubuntu: apt-get install build-essential)" ;;
        go) from="install Go 1.25.9 or newer (https://go.dev/dl)" ;;
        node | npm) from="install Node.js 20 or newer, which brings npm (https://nodejs.org)" ;;
        *) from="install it with the package manager of this system" ;;
    esac
    echo "$program is missing: $from" >&2
    missing=1
done
exit $missing
