#!/usr/bin/env bash
# One scan, with all that a job on GitHub can show: a SARIF file to upload, annotations, and the job's summary. Ends with 0 in
# any case and hands the scan's exit code on, so that the upload comes first.
#
#   STOCKADE_PATHS      what to scan, one a line
#   STOCKADE_ARGUMENTS  more arguments of `stockade scan`, one a line
#   STOCKADE_SARIF      where the SARIF file goes
#   GITHUB_OUTPUT, GITHUB_STEP_SUMMARY   files of the runner
set -euo pipefail

arguments=(scan --sarif-profile github)
lines() {
    while IFS= read -r line || [ -n "$line" ]; do
        # Windows' line ends, and lines that only make room.
        line=${line%$'\r'}
        if [ -n "$line" ]; then
            arguments+=("$line")
        fi
    done <<<"$1"
}

sarif=${STOCKADE_SARIF:-stockade.sarif}
rm -f "$sarif"
summary=$(mktemp)
arguments+=(--report "sarif=$sarif" --report github=- --report "markdown=$summary")
lines "${STOCKADE_ARGUMENTS:-}"
# Behind this nothing is taken for a flag.
arguments+=(--)
lines "${STOCKADE_PATHS:-.}"

code=0
stockade "${arguments[@]}" || code=$?

cat "$summary" >>"${GITHUB_STEP_SUMMARY:-/dev/null}"
rm -f "$summary"
{
    echo "exit-code=$code"
    if [ -s "$sarif" ]; then
        echo "sarif-file=$sarif"
    fi
} >>"${GITHUB_OUTPUT:-/dev/stdout}"
