#!/bin/bash
# Runs once, when the database is new: a login that owns its own database and nothing else.
set -euo pipefail
psql --no-psqlrc --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=postgres \
     --set=password="$(cat /run/secrets/db_password)" <<'SQL'
CREATE ROLE landrelease LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'password';
CREATE DATABASE landrelease OWNER landrelease;
REVOKE ALL ON DATABASE landrelease FROM PUBLIC;
SQL
psql --no-psqlrc --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=landrelease \
     --command='CREATE EXTENSION IF NOT EXISTS postgis'
