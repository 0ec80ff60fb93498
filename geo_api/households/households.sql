-- Ledgers come by the ten thousand: one statement with arrays takes a second where one
-- for each row takes ten.

-- name: add_contacts
-- An empty cell is NULL in the row: nothing was given.
INSERT INTO contact (public_id, name, phone, id_number, created_at)
SELECT t.public_id, nullif(t.name, ''), nullif(t.phone, ''), nullif(t.id_number, ''),
       :now
FROM unnest(CAST(:public_ids AS uuid[]), CAST(:names AS bytea[]),
            CAST(:phones AS bytea[]), CAST(:id_numbers AS bytea[]))
  AS t(public_id, name, phone, id_number)
RETURNING public_id, id;

-- name: renew_contacts
-- NULL leaves what is there, an empty cell empties it.
UPDATE contact c
SET name = nullif(coalesce(t.name, c.name), ''),
    phone = nullif(coalesce(t.phone, c.phone), ''),
    id_number = nullif(coalesce(t.id_number, c.id_number), ''),
    erased_at = NULL
FROM unnest(CAST(:ids AS bigint[]), CAST(:names AS bytea[]),
            CAST(:phones AS bytea[]), CAST(:id_numbers AS bytea[]))
  AS t(id, name, phone, id_number)
WHERE c.id = t.id;

-- name: add_households
-- Who bears a code already is left alone: the caller sees that a row is missing.
INSERT INTO household
  (public_id, code, contact_id, address, member_count, geom,
   lon_claimed, lat_claimed, crs_claimed, created_at, updated_at)
SELECT t.public_id, t.code, t.contact_id, t.address, t.member_count,
       ST_SetSRID(ST_MakePoint(t.lon, t.lat), 4326),
       t.lon_claimed, t.lat_claimed, t.crs_claimed, :now, :now
FROM unnest(CAST(:public_ids AS uuid[]), CAST(:codes AS text[]),
            CAST(:contact_ids AS bigint[]), CAST(:addresses AS text[]),
            CAST(:member_counts AS int[]), CAST(:lons AS float8[]),
            CAST(:lats AS float8[]), CAST(:lons_claimed AS float8[]),
            CAST(:lats_claimed AS float8[]), CAST(:crs_claimed AS text[]))
  AS t(public_id, code, contact_id, address, member_count, lon, lat,
       lon_claimed, lat_claimed, crs_claimed)
ON CONFLICT (code) DO NOTHING
RETURNING code, id;

-- name: renew_households
UPDATE household h
SET address = t.address, member_count = t.member_count,
    geom = ST_SetSRID(ST_MakePoint(t.lon, t.lat), 4326),
    lon_claimed = t.lon_claimed, lat_claimed = t.lat_claimed,
    crs_claimed = t.crs_claimed, updated_at = :now, ended_at = NULL
FROM unnest(CAST(:ids AS bigint[]), CAST(:addresses AS text[]),
            CAST(:member_counts AS int[]), CAST(:lons AS float8[]),
            CAST(:lats AS float8[]), CAST(:lons_claimed AS float8[]),
            CAST(:lats_claimed AS float8[]), CAST(:crs_claimed AS text[]))
  AS t(id, address, member_count, lon, lat, lon_claimed, lat_claimed, crs_claimed)
WHERE h.id = t.id;

-- name: tie
-- The areas of households in one edition.
INSERT INTO household_place
  (edition_id, household_id, county_id, town_id, village_id, group_id)
SELECT :edition_id, t.*
FROM unnest(CAST(:household_ids AS bigint[]), CAST(:county_ids AS bigint[]),
            CAST(:town_ids AS bigint[]), CAST(:village_ids AS bigint[]),
            CAST(:group_ids AS bigint[])) AS t
ON CONFLICT (edition_id, household_id) DO UPDATE
  SET county_id = excluded.county_id, town_id = excluded.town_id,
      village_id = excluded.village_id, group_id = excluded.group_id;
