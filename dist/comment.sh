#!/usr/bin/env bash
# Comments on the pull request. The verdict stands whether that works or not; regild itself says why it did not.
# shellcheck source=dist/common.sh
. "$(dirname "$0")/common.sh"

one_of comment "$REGILD_COMMENT" auto always never
plain comment-key "$REGILD_KEY"
"$REGILD" -C "$(directory)" comment "--from=$REGILD_REPORT" "--mode=$REGILD_COMMENT" "--key=$REGILD_KEY" \
  || tell warning "there is no comment; the verdict stands without it"
