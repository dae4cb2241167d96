#!/usr/bin/env bash
# Finds regild: the binary that the operator named, or the release of exactly one version.
#
# A release is held against the checksum that stands beside this script before anything of it is unpacked. So whoever pins the
# action pins the binary, wherever it is downloaded from.
# shellcheck source=dist/common.sh
. "$(dirname "$0")/common.sh"

# The machine's name in a release's files.
target() {
  case "$RUNNER_OS/$RUNNER_ARCH" in
    Linux/X64) echo x86_64-unknown-linux-musl ;;
    Linux/ARM64) echo aarch64-unknown-linux-musl ;;
    macOS/X64) echo x86_64-apple-darwin ;;
    macOS/ARM64) echo aarch64-apple-darwin ;;
    Windows/X64) echo x86_64-pc-windows-msvc ;;
    *) return 1 ;;
  esac
}

# The SHA-256 of what is on standard input.
sha256() {
  if command -v sha256sum > /dev/null; then sha256sum; else shasum -a 256; fi | cut -c 1-64
}

# Downloads URL to FILE. Plain http only on this very machine, which is where the action's own tests stand.
download() {
  local protocol='=https'
  case $1 in
    http://127.0.0.1:*) protocol='=http' ;;
  esac
  curl --fail --silent --show-error --location --proto "$protocol" --proto-redir "$protocol" --tlsv1.2 \
    --retry 3 --connect-timeout 30 --max-time 600 --output "$2" "$1"
}

# Asks the GitHub CLI who built FILE. The checksum has been right already; this says more, and can be missing.
attest() {
  if ! command -v gh > /dev/null; then
    echo "attestation: not looked at, the GitHub CLI is not here"
  elif gh attestation verify "$1" --repo "$REGILD_REPOSITORY" > attestation.log 2>&1; then
    echo "attestation: built by a workflow of $REGILD_REPOSITORY"
  else
    echo "attestation: could not be verified; the checksum stands"
  fi
}

# Says where regild is, and which one it is: PATH.
found() {
  local version
  version=$("$1" --version) || stop "$1 does not start"
  echo "$version ($1)"
  if [ "$version" != "regild $REGILD_VERSION" ]; then
    tell warning "this action was made for regild $REGILD_VERSION, and works with $version"
  fi
  output binary "$1"
}

plain path-to-binary "$REGILD_PATH"
plain version "$REGILD_VERSION"
version_form='^[0-9]{1,4}\.[0-9]{1,4}\.[0-9]{1,4}(-[0-9A-Za-z.]{1,20})?$'
[[ $REGILD_VERSION =~ $version_form ]] || stop "the input \`version\` has to be an exact version, as in 1.2.3"

if [ -n "$REGILD_PATH" ]; then
  binary=$(absolute "$REGILD_PATH" "$GITHUB_WORKSPACE")
  [ -f "$binary" ] && [ -x "$binary" ] || stop "the input \`path-to-binary\` names no program: $binary"
  found "$binary"
  exit 0
fi

here=$(cd "$(dirname "$0")" && pwd)
target=$(target) || stop "there is no release for $RUNNER_OS on $RUNNER_ARCH: build regild, and name it by \`path-to-binary\`"
name=regild-$REGILD_VERSION-$target
# Held by equality, not by a pattern: a name has dots.
expected=$(awk -v file="$name.tar.gz" '$2 == file { print $1 }' "$here/checksums.txt")
[[ $expected =~ ^[0-9a-f]{64}$ ]] || stop "this action has no checksum of $name.tar.gz: use the action of that very \
version (the tag v$REGILD_VERSION), or name a binary by \`path-to-binary\`"
repository_form='^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$'
[[ $REGILD_REPOSITORY =~ $repository_form ]] || stop "no release belongs to an action that stands in the workflow's own \
repository: name a binary by \`path-to-binary\`"

place=$(mktemp -d "$(slashes "$RUNNER_TEMP")/regild-XXXXXX")
cd "$place" || exit 2
url=$REGILD_SERVER/$REGILD_REPOSITORY/releases/download/v$REGILD_VERSION/$name.tar.gz
download "$url" "$name.tar.gz" || stop "cannot download $url; without a way there, name a binary by \`path-to-binary\`"
actual=$(sha256 < "$name.tar.gz")
if [ "$actual" != "$expected" ]; then
  rm -f "$name.tar.gz"
  stop "the checksum of $url is wrong: it is $actual, and has to be $expected. It was not unpacked"
fi
echo "checksum: $expected"
attest "$name.tar.gz"
program=regild
if [ "$RUNNER_OS" = Windows ]; then program=regild.exe; fi
tar -xzf "$name.tar.gz" "$name/$program"
found "$place/$name/$program"
