-- name: public_villages
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
),
rates AS MATERIALIZED (
  SELECT a.shape_id, a.code, CAST(1000 AS float8) * o.n / h.n AS rate
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
)
SELECT ST_AsGeoJSON(
         ST_AsMVTGeom(
           ST_Transform(s.geom, 3857), ST_TileEnvelope(:z, :x, :y), 4096, 64, true),
         0) AS shape,
       r.rate,
       (SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY rate) FROM rates) AS top
FROM rates r
JOIN shape s ON s.id = r.shape_id
WHERE s.geom && ST_Transform(ST_TileEnvelope(:z, :x, :y), 4326)
ORDER BY r.code;
