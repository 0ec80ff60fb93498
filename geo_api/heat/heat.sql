-- name: requests_by_month
-- What the next publications are made of; confidential requests are in no public figure.
SELECT r.village_id,
       CAST(date_trunc('month', r.ordered_at AT TIME ZONE :tz) AS date) AS month,
       s.group_name, count(*) AS n
FROM service_request r
JOIN service s ON s.id = r.service_id
WHERE r.ordered_at >= :since AND r.ordered_at < :until
  AND NOT r.is_confidential AND r.village_id IS NOT NULL
GROUP BY 1, 2, 3;

-- name: households_by_village
SELECT a.area_id, count(*) AS n
FROM edition_area a
JOIN household_place p ON p.edition_id = a.edition_id AND p.village_id = a.area_id
JOIN household h ON h.id = p.household_id AND h.ended_at IS NULL
WHERE a.edition_id = :edition_id AND a.type = 'village'
GROUP BY a.area_id
HAVING count(*) >= :min_households
ORDER BY a.area_id;

-- name: published_rates
-- Villages of which all parts of a period are published and one at least is told; the
-- middle of each band stands for it, and of what is not told, half of the floor. They
-- are the villages of the boundaries that the last part was published for.
WITH asked AS (
  SELECT id, floor,
         last_value(edition_id) OVER (
           ORDER BY first_day
           ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS edition_id
  FROM publication
  WHERE kind = :kind AND first_day = ANY (CAST(:first_days AS date[]))
)
SELECT a.shape_id, a.code, a.name,
       CAST(sum(coalesce(p.at_least + p.below, asked.floor) - 1) AS float8) * 500
         / avg(p.households) AS rate,
       CAST(:area_ids AS bigint[]) IS NULL
         OR a.area_id = ANY (CAST(:area_ids AS bigint[]))
         OR a.parent_id = ANY (CAST(:area_ids AS bigint[]))
         OR EXISTS (
           SELECT 1 FROM edition_area t
           WHERE t.edition_id = a.edition_id AND t.area_id = a.parent_id
             AND t.parent_id = ANY (CAST(:area_ids AS bigint[]))) AS is_asked_for
FROM published_rate p
JOIN asked ON asked.id = p.publication_id
JOIN edition_area a ON a.edition_id = asked.edition_id AND a.area_id = p.area_id
WHERE p.group_name = :group_name
GROUP BY a.edition_id, a.area_id, a.shape_id, a.code, a.name, a.parent_id
HAVING count(*) = cardinality(CAST(:first_days AS date[]))
   AND count(p.at_least) > 0
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
