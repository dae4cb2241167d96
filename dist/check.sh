#!/usr/bin/env bash
# Judges, and tells the runner: annotations, outputs, the run's page. It always succeeds once there is something to tell: what
# the verdict means for the step is verdict.sh's to say, after the comment.
# shellcheck source=dist/common.sh
. "$(dirname "$0")/common.sh"

for name in base head config html junit sarif; do
  variable=REGILD_$(printf '%s' "$name" | tr '[:lower:]' '[:upper:]')
  plain "$name" "${!variable}"
done
one_of mode "$REGILD_MODE" replay live
one_of summary "$REGILD_SUMMARY" true false
here=$(directory)
report=$(mktemp -d "$(slashes "$RUNNER_TEMP")/regild-XXXXXX")/report.json

# A value is never a word of its own, so that none is taken for an option.
check=(-C "$here" check "--config=$REGILD_CONFIG" "--mode=$REGILD_MODE" "--output=json=$report")
if [ -n "$REGILD_BASE" ]; then check+=("--base=$REGILD_BASE"); fi
if [ -n "$REGILD_HEAD" ]; then check+=("--head=$REGILD_HEAD"); fi
if [ "$REGILD_UNTRUSTED" = true ]; then check+=(--untrusted-head); fi
if [ -n "$REGILD_APPROVALS" ]; then check+=("--approvals=$REGILD_APPROVALS"); fi
while IFS= read -r line; do
  line=${line%$'\r'}
  if [ -n "$line" ]; then check+=("$line"); fi
done <<< "$REGILD_ARGS"

code=0
"$REGILD" "${check[@]}" || code=$?
case $code in
  0 | 1 | 3) ;;
  *) rm -f "$report" ;;
esac
if [ ! -s "$report" ]; then
  # It stopped before there was a verdict, and has said why.
  output verdict error
  output exit-code 2
  exit 0
fi

show=(report "--from=$report" --github)
if [ -n "$REGILD_JUNIT" ]; then show+=("--output=junit=$(absolute "$REGILD_JUNIT" "$here")"); fi
if [ -n "$REGILD_SARIF" ]; then show+=("--output=sarif=$(absolute "$REGILD_SARIF" "$here")"); fi
if [ -n "$REGILD_HTML" ]; then show+=("--output=html=$(absolute "$REGILD_HTML" "$here")"); fi
if [ "$REGILD_SUMMARY" = false ]; then unset GITHUB_STEP_SUMMARY; fi
if ! "$REGILD" "${show[@]}"; then
  # What was asked for is not there: no verdict makes up for that.
  tell error "the verdict's exit code is $code, but not every report could be written"
  output verdict error
  output exit-code 2
fi
