#!/bin/sh
# Have Temporal's namespace, and in it what journeys are found by. Done again it changes nothing.
set -eu

tries=0
until temporal operator cluster health >/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 30 ] || exit 1
    sleep 2
done

temporal operator namespace describe >/dev/null 2>&1 ||
    temporal operator namespace create --retention "${RETENTION:-90d}" --description Stepwell

while read -r name type; do
    temporal operator search-attribute create --name "$name" --type "$type"
done <<END
StepwellPathway Keyword
StepwellVersion Int
StepwellState Keyword
StepwellNextDue Datetime
StepwellTenant Keyword
END
