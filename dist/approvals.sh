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

# A merge queue judges a commit that nobody looked at. To keep a yes, regild compares it with the commit that was approved, which
# a squashed entry of the queue does not stand on.
queued=${REGILD_QUEUED##*/pr-}
queued=${queued%%-*}
case ${REGILD_QUEUED:+$queued} in
  '' | *[!0-9]*) ;;
  *)
    credentials=$(printf 'x-access-token:%s' "$GITHUB_TOKEN" | base64 | tr -d '\n')
    echo "::add-mask::$credentials"
    # In the environment of this one command: nothing of it stays on disk for the steps after it.
    GIT_TERMINAL_PROMPT=0 GIT_CONFIG_COUNT=1 \
      GIT_CONFIG_KEY_0=http.extraHeader GIT_CONFIG_VALUE_0="Authorization: Basic $credentials" \
      git -C "$here" fetch --quiet --no-tags "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY" "refs/pull/$queued/head" ||
      tell notice "the head of pull request $queued could not be fetched, so a yes to it is not kept through the queue."
    ;;
esac
