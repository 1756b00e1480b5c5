# Sourced by tools/test, tools/check, tools/sanitize and .ci/run: runs named steps one after the other, keeps
# their logs, times and test results in build/results, and adds them up at the end.
# A script that is called by another one of these (INFERNO_RESULTS is set then) leaves the sum to its caller.

begin_results() {
  root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
  cd "$root"
  owns_results=
  if [ -z "${INFERNO_RESULTS:-}" ]; then
    owns_results=1
    export INFERNO_RESULTS=$root/build/results
    rm -rf "$INFERNO_RESULTS"
  fi
  mkdir -p "$INFERNO_RESULTS"
  export GTEST_COLOR=no GTEST_BRIEF=0
}

# step NAME COMMAND...: a failing step is reported and counted; the script goes on unless told otherwise
# (`step build ... || end_results`).
step() {
  local name=$1 log started=$SECONDS status=0
  shift
  log=$INFERNO_RESULTS/${name//[^A-Za-z0-9+-]/_}.log
  printf '== %s\n' "$name"
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -eq 0 ]; then
    printf '   done in %d s\n' $((SECONDS - started))
  else
    tail -n 80 "$log" | sed 's/^/   | /'
    printf '   FAILED after %d s; the whole log: %s\n' $((SECONDS - started)) "${log#"$root"/}"
  fi
  printf '%s\t%s\t%s\n' "$status" $((SECONDS - started)) "$name" >>"$INFERNO_RESULTS/steps.tsv"
  return "$status"
}

# skip_step NAME REASON: counted as skipped, so that the sum tells what was not looked at.
skip_step() {
  printf '== %s\n   skipped: %s\n' "$1" "$2"
  printf 'skipped\t0\t%s\n' "$1" >>"$INFERNO_RESULTS/steps.tsv"
}

# ctest_step NAME FOLDER CTEST-ARGUMENTS...: every test program leaves its cases as JSON beside the log.
# A command to run ctest with can be put into the array run_with.
run_with=()
ctest_step() {
  local name=$1 folder=$2
  shift 2
  local cases=$INFERNO_RESULTS/${name//[^A-Za-z0-9+-]/_}
  mkdir -p "$cases"
  GTEST_OUTPUT="json:$cases/" step "$name" "${run_with[@]}" ctest --test-dir "$folder" --no-tests=error --output-on-failure \
    --output-junit "$cases/programs.xml" "$@"
}

# vitest_step NAME VITEST-ARGUMENTS...
vitest_step() {
  local name=$1
  shift
  step "$name" tools/page-test "$@" --reporter=default --reporter=json \
    "--outputFile.json=$INFERNO_RESULTS/${name//[^A-Za-z0-9+-]/_}.vitest.json"
}

end_results() {
  [ -n "$owns_results" ] || exit "$(awk -F'\t' '$1 != 0 && $1 != "skipped" { bad = 1 } END { print bad + 0 }' "$INFERNO_RESULTS/steps.tsv")"
  exec python3 "$root/tools/lib/summarize.py" "$INFERNO_RESULTS"
}
