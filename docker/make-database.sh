#!/bin/sh
# Run once, when the database's volume is empty: two roles, one database, PostGIS.
set -eu
psql --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres \
  --set owner_password="$MINQING_OWNER_PASSWORD" \
  --set app_password="$MINQING_APP_PASSWORD" <<'SQL'
CREATE ROLE minqing_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE minqing_app LOGIN PASSWORD :'app_password';
CREATE DATABASE minqing OWNER minqing_owner TEMPLATE template0 ENCODING 'UTF8';
\connect minqing
CREATE EXTENSION postgis SCHEMA public;
SQL
