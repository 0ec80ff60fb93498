-- name: public_rates
-- Counts leave as a village's rate or not at all. The floor looks at households and at
-- requests; confidential requests are in no public figure.
WITH households AS MATERIALIZED (
  SELECT p.village_id, count(*) AS n
  FROM household_place p
  JOIN household h ON h.id = p.household_id AND h.ended_at IS NULL
  WHERE p.edition_id = :edition_id
  GROUP BY p.village_id
),
ordered AS MATERIALIZED (
  SELECT r.village_id, count(*) AS n
  FROM service_request r
  JOIN service s ON s.id = r.service_id
  WHERE r.ordered_at >= :since AND r.ordered_at < :until
    AND NOT r.is_confidential
    AND (cardinality(CAST(:service_codes AS text[])) = 0
         OR s.code = ANY (CAST(:service_codes AS text[])))
  GROUP BY r.village_id
)
SELECT a.shape_id, a.code, a.name, CAST(1000 AS float8) * o.n / h.n AS rate
FROM edition_area a
JOIN households h ON h.village_id = a.area_id
JOIN ordered o ON o.village_id = a.area_id
WHERE a.edition_id = :edition_id AND a.type = 'village'
  AND h.n >= :min_households AND o.n >= :min_requests
  AND (CAST(:area_ids AS bigint[]) IS NULL
       OR a.area_id = ANY (CAST(:area_ids AS bigint[]))
       OR a.parent_id = ANY (CAST(:area_ids AS bigint[]))
       OR EXISTS (
         SELECT 1 FROM edition_area t
         WHERE t.edition_id = a.edition_id AND t.area_id = a.parent_id
           AND t.parent_id = ANY (CAST(:area_ids AS bigint[]))))
ORDER BY a.code COLLATE "C";

-- name: shapes_in_tile
-- Shapes in units of a tile, by their place in the list asked for.
SELECT i - 1 AS place,
       ST_AsGeoJSON(
         ST_AsMVTGeom(
           ST_Transform(s.geom, 3857), ST_TileEnvelope(:z, :x, :y), 4096, 64, true),
         0) AS shape
FROM unnest(CAST(:shape_ids AS bigint[])) WITH ORDINALITY AS asked(shape_id, i)
JOIN shape s ON s.id = asked.shape_id
WHERE s.geom && ST_Transform(ST_TileEnvelope(:z, :x, :y), 4326)
ORDER BY i;

-- name: villages_tile
-- Villages with the band of their rate; the rate itself stays here.
SELECT ST_AsMVT(found, 'villages', 4096, 'geom')
FROM (
  SELECT asked.code, asked.name, asked.rate_band,
         ST_AsMVTGeom(
           ST_Transform(s.geom, 3857), ST_TileEnvelope(:z, :x, :y), 4096, 64, true)
           AS geom
  FROM unnest(CAST(:shape_ids AS bigint[]), CAST(:codes AS text[]),
              CAST(:names AS text[]), CAST(:bands AS int[]))
    WITH ORDINALITY AS asked(shape_id, code, name, rate_band, i)
  JOIN shape s ON s.id = asked.shape_id
  WHERE s.geom && ST_Transform(ST_TileEnvelope(:z, :x, :y), 4326)
  ORDER BY asked.i
) AS found
WHERE geom IS NOT NULL;

-- name: cells_tile
-- Squares of a grid of :cells_across to a tile, from columns and rows with their count.
SELECT ST_AsMVT(found, 'cells', 4096, 'geom')
FROM (
  SELECT asked.count,
         ST_MakeEnvelope(
           asked.col * u.width, asked.row * u.width,
           (asked.col + 1) * u.width, (asked.row + 1) * u.width) AS geom
  FROM (SELECT 4096 / CAST(:cells_across AS int) AS width) AS u,
       unnest(CAST(:cols AS int[]), CAST(:rows AS int[]), CAST(:counts AS int[]))
         WITH ORDINALITY AS asked(col, row, count, i)
  ORDER BY asked.i
) AS found;
