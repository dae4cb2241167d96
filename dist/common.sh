# What the scripts of the action share. Sourced, never run. They work in bash 3.2 (macOS) and Git-Bash (Windows) too.
#
# What comes through the environment was written by others: it is compared, quoted and handed on, and never becomes code.
# shellcheck shell=bash
set -euo pipefail

# Tells the runner, in its own escapes: LEVEL TEXT.
tell() {
  local text=$2
  text=${text//\%/%25}
  text=${text//$'\r'/%0D}
  text=${text//$'\n'/%0A}
  printf '::%s title=regild::%s\n' "$1" "$text"
}

# Ends the step: nothing was judged.
stop() {
  tell error "$1"
  exit 2
}

# Refuses an input that is not one plain line: NAME VALUE. Lines could set outputs, or end a command early.
plain() {
  case $2 in
    *[[:cntrl:]]*) stop "the input \`$1\` has to be one line without control characters" ;;
  esac
}

# Refuses an input that is none of the words that follow: NAME VALUE WORD…
one_of() {
  local name=$1 value=$2 word
  shift 2
  for word in "$@"; do
    if [ "$value" = "$word" ]; then return 0; fi
  done
  plain "$name" "$value"
  stop "the input \`$name\` is \`$value\`; it has to be one of: $*"
}

# Sets an output of this step: NAME VALUE.
output() {
  plain "$1" "$2"
  printf '%s=%s\n' "$1" "$2" >> "$GITHUB_OUTPUT"
}

# Prints a path as both kinds of programs on Windows take it.
slashes() {
  printf '%s' "${1//\\//}"
}

# Prints a path that is right from every directory: PATH BASE. The runner starts every step in the workspace.
absolute() {
  local path base
  path=$(slashes "$1")
  base=$(slashes "$2")
  case $path in
    /* | [A-Za-z]:/*) printf '%s' "$path" ;;
    *) printf '%s/%s' "$base" "$path" ;;
  esac
}

# Prints the directory that the operator named: where the repository is.
directory() {
  plain working-directory "$REGILD_DIRECTORY"
  absolute "${REGILD_DIRECTORY:-.}" "${GITHUB_WORKSPACE:-$PWD}"
}
