#!/bin/sh
# Have Temporal's namespace, and in it what journeys are found by. Done again it changes nothing.
set -eu

patiently() {
    tries=0
    until "$@" >/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 30 ] || return 1
        sleep 2
    done
}

patiently temporal operator cluster health
temporal operator namespace describe --namespace stepwell >/dev/null 2>&1 ||
    temporal operator namespace create --namespace stepwell --retention 90d
patiently temporal operator search-attribute list --namespace stepwell # a new one is not known everywhere at once

while read -r name type; do
    temporal operator search-attribute create --namespace stepwell --name "$name" --type "$type"
done <<END
StepwellPathway Keyword
StepwellVersion Int
StepwellState Keyword
StepwellNextDue Datetime
StepwellTenant Keyword
END
