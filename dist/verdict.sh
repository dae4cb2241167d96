#!/usr/bin/env bash
# Ends the action as the verdict says, by what the operator lets pass.
#
# Exit code 2 is no verdict: nothing was judged, and nobody may take that for a pass.
# shellcheck source=dist/common.sh
. "$(dirname "$0")/common.sh"

one_of fail-on "$REGILD_FAIL_ON" inconclusive fail never
case $REGILD_FAIL_ON/$REGILD_CODE in
  */0) exit 0 ;;
  never/1) tell warning "the verdict is fail; \`fail-on: never\` lets it pass" ;;
  never/3 | fail/3) tell warning "the verdict is inconclusive; \`fail-on: $REGILD_FAIL_ON\` lets it pass" ;;
  */1 | */3) exit "$REGILD_CODE" ;;
  *) exit 2 ;;
esac
