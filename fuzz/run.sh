#!/usr/bin/env bash
# Runs the fuzz targets, each for a set time: fuzz/run.sh TARGET|all SECONDS. Needs a nightly toolchain and `cargo install
# cargo-fuzz`. Prints for each how often it ran and what it found; inputs that break something are kept in fuzz/artifacts/.
set -euo pipefail
cd "$(dirname "$0")/.."
target=${1:?usage: fuzz/run.sh TARGET|all SECONDS} seconds=${2:?usage: fuzz/run.sh TARGET|all SECONDS}
all=(documents settings project template tasks recording report escapes)
[ "$target" = all ] && targets=("${all[@]}") || targets=("$target")
# Documents nest 64 deep, and a sanitised build takes many times the stack of a plain one.
ulimit -s 65536
# libgit2 and another library both bring one table of their HTTP parser; they are the same.
export ASAN_OPTIONS=detect_odr_violation=0
cargo +nightly fuzz build
for name in "${targets[@]}"; do
  case $name in
    documents | settings | project | tasks) dictionary=(-dict=fuzz/yaml.dict) ;;
    template) dictionary=(-dict=fuzz/template.dict) ;;
    *) dictionary=() ;;
  esac
  mkdir -p "fuzz/corpus/$name" "fuzz/artifacts/$name"
  log=$(mktemp)
  code=0
  cargo +nightly fuzz run "$name" "fuzz/corpus/$name" "fuzz/seeds/$name" -- -max_total_time="$seconds" -timeout=10 \
    -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 "${dictionary[@]}" >"$log" 2>&1 || code=$?
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  speed=$(sed -n 's/^stat::average_exec_per_sec: *//p' "$log")
  memory=$(sed -n 's/^stat::peak_rss_mb: *//p' "$log")
  coverage=$(grep -o 'cov: [0-9]*' "$log" | tail -1)
  found=$(find "fuzz/artifacts/$name" -type f | wc -l)
  echo "$name: ${runs:-?} executions in ${seconds} s (${speed:-?}/s), peak ${memory:-?} MB, ${coverage:-no coverage}, $(find "fuzz/corpus/$name" -type f | wc -l) inputs kept, $found findings"
  if [ "$code" != 0 ]; then
    tail -n 40 "$log"
    exit "$code"
  fi
done
