#!/bin/sh
# Installs the binary of cognito-mcp for this machine.
#
#   curl --proto '=https' -LsSf https://github.com/cognito-mcp/cognito-mcp/releases/download/v@VERSION@/install.sh | sh
#   … | sh -s -- --to /usr/local/bin
#
# --to FOLDER   where the program is put [~/.local/bin]
# --from URL    where the archives are [the release of this version]
set -eu

version=@VERSION@
from=https://github.com/cognito-mcp/cognito-mcp/releases/download/v$version
to=${HOME:-}/.local/bin

fail() { echo "install.sh: $1" >&2; exit 1; }

while [ $# -gt 0 ]; do
    [ $# -gt 1 ] || fail "$1 needs a value"
    case $1 in
        --to) to=$2 ;;
        --from) from=$2 ;;
        *) fail "there is no option $1, only --to FOLDER and --from URL" ;;
    esac
    shift 2
done

case $(uname -s) in
    Linux) system=linux ;;
    Darwin) system=darwin ;;
    *) fail "there is no archive for $(uname -s): use npm or PyPI, or build from source" ;;
esac
case $(uname -m) in
    x86_64 | amd64) machine=x64 ;;
    aarch64 | arm64) machine=arm64 ;;
    *) fail "there is no archive for $(uname -m): build from source" ;;
esac
name=cognito-mcp-$version-$system-$machine

if command -v curl >/dev/null; then
    get() { curl --fail --silent --show-error --location --output "$2" "$1"; }
elif command -v wget >/dev/null; then
    get() { wget -q -O "$2" "$1"; }
else
    fail "curl or wget is needed"
fi
if command -v sha256sum >/dev/null; then
    hash() { sha256sum "$1"; }
else
    hash() { shasum -a 256 "$1"; }
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
get "$from/$name.tar.gz" "$folder/$name.tar.gz" || fail "$from/$name.tar.gz cannot be read"
get "$from/SHA256SUMS" "$folder/SHA256SUMS" || fail "$from/SHA256SUMS cannot be read"
expected=$(sed -n "s/^\([0-9a-f]*\)  $name.tar.gz\$/\1/p" "$folder/SHA256SUMS")
actual=$(hash "$folder/$name.tar.gz" | cut -d' ' -f1)
[ -n "$expected" ] && [ "$expected" = "$actual" ] || fail "the checksum of $name.tar.gz is wrong: nothing was installed"

tar -xzf "$folder/$name.tar.gz" -C "$folder"
mkdir -p "$to"
# In one step: a program that is running keeps its file.
cp "$folder/$name/cognito-mcp" "$to/.cognito-mcp.new"
mv "$to/.cognito-mcp.new" "$to/cognito-mcp"
echo "Installed $("$to/cognito-mcp" --version | head -n 1) as $to/cognito-mcp."
case :$PATH: in
    *":$to:"*) ;;
    *) echo "Add $to to PATH." ;;
esac
