#!/usr/bin/env bash
# What the release workflow does to files, so that it can be run and tested anywhere (docs/releasing.md).
#
#   release.sh agree [TAG]            prints the version; fails where Cargo.toml, the actions and the tag differ
#   release.sh pack TARGET FROM TO    packs the binary in FROM into TO/regild-VERSION-TARGET.tar.gz
#   release.sh verify DIRECTORY       holds the archives there against dist/checksums.txt, which must list all and no other
#   release.sh same BUILT TAGGED      fails where the two commits differ in more than dist/checksums.txt
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)

fail() {
  echo "release: $1" >&2
  exit 1
}

# The first `version = "…"` of Cargo.toml is the package's.
version() {
  sed -n 's/^version = "\(.*\)"$/\1/p' "$root/Cargo.toml" | head -n 1
}

# The default of the input `version` of an action.
default() {
  awk '/^  version:$/ { here = 1; next } here && $1 == "default:" { print $2; exit } /^  [a-z]/ { here = 0 }' "$root/$1"
}

agree() {
  local version action
  version=$(version)
  for action in action.yml setup/action.yml; do
    [ "$(default "$action")" = "$version" ] || fail "$action installs $(default "$action"), Cargo.toml says $version"
  done
  if [ $# -gt 0 ]; then [ "$1" = "v$version" ] || fail "the tag $1 is not v$version"; fi
  echo "$version"
}

pack() {
  local target=$1 from=$2 to=$3 name program=regild
  name=regild-$(version)-$target
  case $target in *windows*) program=regild.exe ;; esac
  mkdir -p "$to/$name"
  cp "$from/$program" "$root/LICENSE-MIT" "$root/LICENSE-APACHE" "$root/README.md" "$root/CHANGELOG.md" "$to/$name/"
  # Without the files in which macOS would keep attributes.
  (cd "$to" && COPYFILE_DISABLE=1 tar -czf "$name.tar.gz" "$name")
  rm -r "${to:?}/$name"
}

verify() {
  local wanted
  wanted=$(awk -v prefix="regild-$(version)-" '$1 ~ /^[0-9a-f]+$/ && index($2, prefix) == 1' "$root/dist/checksums.txt")
  [ -n "$wanted" ] || fail "dist/checksums.txt has no line of version $(version)"
  (cd "$1" && printf '%s\n' "$wanted" | sha256sum --check --strict)
  diff <(printf '%s\n' "$wanted" | awk '{ print $2 }' | sort) <(cd "$1" && printf '%s\n' ./*.tar.gz | sed 's|^\./||' | sort) \
    || fail "the archives are not those of dist/checksums.txt"
}

same() {
  local changed
  changed=$(git -C "$root" diff --name-only "$1" "$2")
  case $changed in
    "" | dist/checksums.txt) ;;
    *) fail "between $1, which was built, and $2, which is tagged, more changed than the checksums: $changed" ;;
  esac
}

command=${1:-}
case $command in
  agree | pack | verify | same) shift && "$command" "$@" ;;
  *) fail "agree, pack, verify or same" ;;
esac
