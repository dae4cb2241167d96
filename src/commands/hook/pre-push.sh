#!/bin/sh
# Written by `regild hook install`: judges the prompts that are about to be pushed, offline, on recorded answers.
if ! command -v regild >/dev/null 2>&1; then
  echo "regild is not installed, so prompts are pushed unchecked" >&2
  exit 0
fi
exec regild hook pre-push "$@"
