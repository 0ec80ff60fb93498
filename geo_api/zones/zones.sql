-- name: zones_at
-- The zone must belong to the group, village or town that the point was located in, so
-- that zone and areas agree on a border. Of several the smallest code wins.
-- Zones are cut out of areas: the ends of a cut are rounded to the grid and leave the
-- area's line by up to a centimetre. A zone's border is therefore :border_deg wide, or
-- points on the line would have areas and no zone.
WITH asked AS MATERIALIZED (
  SELECT i, ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS point,
         group_id, village_id, town_id
  FROM unnest(CAST(:i AS int[]), CAST(:lon AS float8[]), CAST(:lat AS float8[]),
              CAST(:group_id AS bigint[]), CAST(:village_id AS bigint[]),
              CAST(:town_id AS bigint[]))
    AS t(i, lon, lat, group_id, village_id, town_id)
),
-- Shapes of areas are near, too; what is none of a zone is not measured.
near AS MATERIALIZED (
  SELECT a.i, a.point, s.geom, z.id, z.public_id, z.code, z.name, z.kind
  FROM asked a
  JOIN shape s ON s.geom && ST_Expand(a.point, :border_deg)
  JOIN zone_shape d ON d.shape_id = s.id
   AND d.valid_from <= :day AND (d.valid_to IS NULL OR d.valid_to > :day)
  JOIN responsibility_zone z ON z.id = d.zone_id
   AND z.area_id IN (a.group_id, a.village_id, a.town_id)
   AND z.valid_from <= :day AND (z.valid_to IS NULL OR z.valid_to > :day)
)
SELECT DISTINCT ON (i) i, id, public_id, code, name, kind
FROM near
WHERE ST_DWithin(geom, point, :border_deg)
ORDER BY i, (kind <> 'households'), code COLLATE "C";

-- name: zone_neighbours
-- Other zones within reach of points, for the note that a border is near.
WITH asked AS MATERIALIZED (
  SELECT i, ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS point, reach_m, reach_deg,
         zone_id
  FROM unnest(CAST(:i AS int[]), CAST(:lon AS float8[]), CAST(:lat AS float8[]),
              CAST(:reach_m AS float8[]), CAST(:reach_deg AS float8[]),
              CAST(:zone_id AS bigint[]))
    AS t(i, lon, lat, reach_m, reach_deg, zone_id)
),
near AS MATERIALIZED (
  SELECT a.i, a.point, a.reach_m, s.geom, z.id, z.public_id, z.code, z.name, z.kind
  FROM asked a
  JOIN shape s ON s.geom && ST_Expand(a.point, a.reach_deg)
  JOIN zone_shape d ON d.shape_id = s.id
   AND d.valid_from <= :day AND (d.valid_to IS NULL OR d.valid_to > :day)
  JOIN responsibility_zone z ON z.id = d.zone_id
   AND z.id <> a.zone_id
   AND z.kind = 'households'
   AND z.valid_from <= :day AND (z.valid_to IS NULL OR z.valid_to > :day)
)
SELECT i, id, public_id, code, name, kind
FROM near
WHERE ST_DWithin(geom::geography, point::geography, reach_m)
ORDER BY i, code COLLATE "C";

-- name: end_shapes
-- What is drawn of a zone from a day on takes the place of what was drawn for later.
WITH asked AS (
  SELECT * FROM unnest(CAST(:zone_id AS bigint[]), CAST(:day AS date[])) AS t(zone_id, day)
),
gone AS (
  DELETE FROM zone_shape d USING asked a
  WHERE d.zone_id = a.zone_id AND d.valid_from >= a.day
)
UPDATE zone_shape d SET valid_to = a.day
FROM asked a
WHERE d.zone_id = a.zone_id AND d.valid_from < a.day
  AND (d.valid_to IS NULL OR d.valid_to > a.day);

-- name: tile
-- One vector tile of zones and their label points, with the number of households that a
-- list of zones would tell; households themselves are in no tile. :area_ids NULL: all.
WITH tile AS (SELECT ST_TileEnvelope(:z, :x, :y) AS box),
found AS MATERIALIZED (
  SELECT z.id, z.area_id, z.code, z.name, z.kind, s.geom
  FROM tile, shape s
  JOIN zone_shape d ON d.shape_id = s.id
   AND d.valid_from <= :day AND (d.valid_to IS NULL OR d.valid_to > :day)
  JOIN responsibility_zone z ON z.id = d.zone_id
  WHERE s.geom && ST_Transform(tile.box, 4326)
    AND z.valid_from <= :day AND (z.valid_to IS NULL OR z.valid_to > :day)
    AND (CAST(:area_ids AS bigint[]) IS NULL
         OR z.area_id = ANY (CAST(:area_ids AS bigint[]))
         OR z.id = ANY (CAST(:zone_ids AS bigint[])))
),
shown AS MATERIALIZED (
  SELECT f.code, f.name, f.kind,
         ST_AsMVTGeom(ST_Transform(f.geom, 3857), tile.box, 4096, 64, true) AS shape,
         ST_AsMVTGeom(
           ST_Transform(ST_PointOnSurface(f.geom), 3857), tile.box, 4096, 0, true)
           AS label,
         (SELECT count(*)
          FROM zone_household m
          JOIN household h ON h.id = m.household_id AND h.ended_at IS NULL
          JOIN household_place p
            ON p.household_id = h.id AND p.edition_id = :edition_id
           AND f.area_id IN (p.group_id, p.village_id, p.town_id)
          WHERE m.zone_id = f.id
            AND m.valid_from <= :day AND (m.valid_to IS NULL OR m.valid_to > :day)
         ) AS household_count
  FROM tile, found f
)
SELECT
  (SELECT ST_AsMVT(r, 'zones', 4096, 'shape') FROM (
     SELECT code, name, kind, household_count, shape FROM shown
     WHERE shape IS NOT NULL ORDER BY code COLLATE "C") AS r),
  (SELECT ST_AsMVT(r, 'zone_labels', 4096, 'label') FROM (
     SELECT code, name, kind, household_count, label FROM shown
     WHERE label IS NOT NULL ORDER BY code COLLATE "C") AS r);

-- name: outlines
-- Zones of one tile in its units. :area_ids NULL: all.
WITH tile AS (SELECT ST_TileEnvelope(:z, :x, :y) AS box)
SELECT ST_AsGeoJSON(
         ST_AsMVTGeom(ST_Transform(s.geom, 3857), tile.box, 4096, 64, true), 0) AS shape
FROM tile, shape s
JOIN zone_shape d ON d.shape_id = s.id
 AND d.valid_from <= :day AND (d.valid_to IS NULL OR d.valid_to > :day)
JOIN responsibility_zone z ON z.id = d.zone_id
WHERE s.geom && ST_Transform(tile.box, 4326)
  AND z.valid_from <= :day AND (z.valid_to IS NULL OR z.valid_to > :day)
  AND (CAST(:area_ids AS bigint[]) IS NULL
       OR z.area_id = ANY (CAST(:area_ids AS bigint[]))
       OR z.id = ANY (CAST(:zone_ids AS bigint[])))
ORDER BY z.code COLLATE "C";
