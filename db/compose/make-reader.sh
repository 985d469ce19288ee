#!/bin/sh
# Run once, when the database is made: Grafana's login, which may read everything and change nothing. The gateway grants the
# role plainview_reader what there is to read each time it starts.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$GRAFANA_DB_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
SELECT 'CREATE ROLE plainview_reader NOLOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'plainview_reader') \gexec
CREATE ROLE grafana LOGIN PASSWORD :'password' IN ROLE plainview_reader;
ALTER ROLE grafana SET default_transaction_read_only = on;
ALTER ROLE grafana SET statement_timeout = '30s';
SQL
