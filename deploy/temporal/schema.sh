#!/bin/sh
# Bring the tables of Temporal's history and of its visibility to the version of this image. Done again it changes nothing.
set -eu

for database in temporal temporal_visibility; do
    versions=/etc/temporal/schema/postgresql/v12/${database#temporal_}/versioned
    temporal-sql-tool --db "$database" setup-schema -v 0.0
    temporal-sql-tool --db "$database" update-schema -d "$versions"
done
