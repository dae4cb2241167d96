#!/usr/bin/env bash
# Fetches who approved this very head. Whose yes counts, and for what, is the policy's word: `regild check` decides.
# shellcheck source=dist/common.sh
. "$(dirname "$0")/common.sh"

here=$(directory)
file=$(mktemp -d "$(slashes "$RUNNER_TEMP")/regild-XXXXXX")/approvals.json
if "$REGILD" -C "$here" approvals --output "$file"; then
  output file "$file"
else
  tell notice "the reviews could not be read, so none of them counts as a yes. The job needs \`pull-requests: read\`."
fi
