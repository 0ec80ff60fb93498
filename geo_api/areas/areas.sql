-- name: locate
-- Pieces find candidates; the whole shape says the truth. Of the areas
-- that cover a point the narrowest wins, and on a border the smallest code; the wider
-- ones follow by parent, so that all levels of an answer agree. Groups are asked first:
-- wide shapes are long to look at, and seldom needed.
-- A border is :border_deg wide on either side (a tenth of a millimetre): whether a
-- point computed on a slanted edge falls left or right of it, or into the crack of two
-- roundings, would otherwise be chance, and differ between coordinate systems.
WITH asked AS MATERIALIZED (
  SELECT i, ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS point
  FROM unnest(CAST(:i AS int[]), CAST(:lon AS float8[]), CAST(:lat AS float8[]))
    AS t(i, lon, lat)
),
-- LATERAL with OFFSET: once for each point, by the index. Left to itself the planner
-- reads all pieces for every point while the table looks empty to it, as it does after
-- a dry run.
near AS MATERIALIZED (
  SELECT DISTINCT a.i, a.point, p.shape_id
  FROM asked a
  CROSS JOIN LATERAL (
    SELECT shape_id FROM shape_piece
    WHERE geom && ST_Expand(a.point, :border_deg)
      AND ST_DWithin(geom, a.point, :border_deg)
    OFFSET 0
  ) AS p
),
-- Kept apart from the truth: on tables not yet analysed, as they are after an import,
-- one join of all three looks at every shape once for every area. And one shape after
-- the other: PostGIS keeps what it has unpacked and indexed while the shape is the same,
-- which is a hundred times faster where a coast has 70,000 vertices.
candidate AS MATERIALIZED (
  SELECT n.i, n.point, n.shape_id, e.area_id, e.parent_id, e.type, e.code
  FROM near n
  JOIN edition_area e ON e.shape_id = n.shape_id AND e.edition_id = :edition_id
  ORDER BY n.shape_id
),
in_group AS MATERIALIZED (
  SELECT DISTINCT ON (c.i) c.i, c.area_id, c.parent_id, c.type
  FROM candidate c
  JOIN shape s ON s.id = c.shape_id
   AND (ST_Covers(s.geom, c.point) OR ST_DWithin(s.geom, c.point, :border_deg))
  WHERE c.type = 'group'
  ORDER BY c.i, c.code COLLATE "C"
),
in_wider AS MATERIALIZED (
  SELECT DISTINCT ON (c.i) c.i, c.area_id, c.parent_id, c.type
  FROM candidate c
  JOIN shape s ON s.id = c.shape_id
   AND (ST_Covers(s.geom, c.point) OR ST_DWithin(s.geom, c.point, :border_deg))
  WHERE c.type <> 'group' AND c.i NOT IN (SELECT g.i FROM in_group g)
  ORDER BY c.i,
           array_position(CAST(ARRAY['village', 'town', 'county'] AS varchar[]), c.type),
           c.code COLLATE "C"
),
narrowest AS (
  SELECT * FROM in_group UNION ALL SELECT * FROM in_wider
)
SELECT n.i,
       n.area_id AS id_0, n.type AS type_0,
       a.area_id AS id_1, a.type AS type_1,
       b.area_id AS id_2, b.type AS type_2,
       c.area_id AS id_3, c.type AS type_3
FROM narrowest n
LEFT JOIN edition_area a ON a.edition_id = :edition_id AND a.area_id = n.parent_id
LEFT JOIN edition_area b ON b.edition_id = :edition_id AND b.area_id = a.parent_id
LEFT JOIN edition_area c ON c.edition_id = :edition_id AND c.area_id = b.parent_id;

-- name: across
-- Areas within reach of points that are none of their own. Pieces are as far away as
-- their shape is, and short to measure: on the ellipsoid a long shape takes seconds.
WITH asked AS MATERIALIZED (
  SELECT i, ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS point, reach_m, reach_deg,
         county_id, town_id, village_id, group_id
  FROM unnest(CAST(:i AS int[]), CAST(:lon AS float8[]), CAST(:lat AS float8[]),
              CAST(:reach_m AS float8[]), CAST(:reach_deg AS float8[]),
              CAST(:county_id AS bigint[]), CAST(:town_id AS bigint[]),
              CAST(:village_id AS bigint[]), CAST(:group_id AS bigint[]))
    AS t(i, lon, lat, reach_m, reach_deg, county_id, town_id, village_id, group_id)
),
near AS MATERIALIZED (
  SELECT DISTINCT a.i, p.shape_id
  FROM asked a
  CROSS JOIN LATERAL (
    SELECT shape_id FROM shape_piece
    WHERE geom && ST_Expand(a.point, a.reach_deg)
      AND ST_DWithin(geom::geography, a.point::geography, a.reach_m)
    OFFSET 0
  ) AS p
)
SELECT a.i, o.area_id AS id, o.code, o.name, o.type, o.parent_id
FROM near n
JOIN asked a ON a.i = n.i
JOIN edition_area o ON o.shape_id = n.shape_id AND o.edition_id = :edition_id
WHERE o.area_id IS DISTINCT FROM a.county_id
  AND o.area_id IS DISTINCT FROM a.town_id
  AND o.area_id IS DISTINCT FROM a.village_id
  AND o.area_id IS DISTINCT FROM a.group_id
ORDER BY a.i, o.code COLLATE "C";

-- name: border_distance
-- Metres on the ground from a point to the border of an area.
SELECT ST_Distance(ST_Boundary(s.geom)::geography,
                   ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography)
FROM edition_area e
JOIN shape s ON s.id = e.shape_id
WHERE e.edition_id = :edition_id AND e.area_id = :area_id;

-- name: subdivide
INSERT INTO shape_piece (shape_id, geom)
SELECT s.id, piece
FROM shape s, LATERAL ST_Subdivide(s.geom, 64) AS piece
WHERE s.id = ANY (CAST(:shape_ids AS bigint[]))
  AND NOT EXISTS (SELECT FROM shape_piece p WHERE p.shape_id = s.id);

-- name: inside
-- Areas of a kind that lie anywhere inside an area.
WITH RECURSIVE inside AS (
  SELECT area_id FROM edition_area
  WHERE edition_id = :edition_id AND area_id = :area_id
  UNION
  SELECT e.area_id FROM edition_area e
  JOIN inside i ON e.parent_id = i.area_id
  WHERE e.edition_id = :edition_id
)
SELECT area_id FROM inside;

-- name: tile
-- One vector tile: a layer for each kind of area that the zoom can carry.
WITH tile AS (SELECT ST_TileEnvelope(:z, :x, :y) AS box),
found AS MATERIALIZED (
  SELECT e.type, e.code, e.name, p.code AS parent_code,
         ST_AsMVTGeom(ST_Transform(s.geom, 3857), tile.box, 4096, 64, true) AS geom
  FROM tile, edition_area e
  JOIN shape s ON s.id = e.shape_id
  LEFT JOIN edition_area p ON p.edition_id = e.edition_id AND p.area_id = e.parent_id
  WHERE e.edition_id = :edition_id
    AND e.type = ANY (CAST(:types AS text[]))
    AND s.geom && ST_Transform(tile.box, 4326)
)
SELECT
  (SELECT ST_AsMVT(r, 'counties') FROM (
     SELECT code, name, type, parent_code, geom FROM found
     WHERE type = 'county' AND geom IS NOT NULL ORDER BY code) AS r),
  (SELECT ST_AsMVT(r, 'towns') FROM (
     SELECT code, name, type, parent_code, geom FROM found
     WHERE type = 'town' AND geom IS NOT NULL ORDER BY code) AS r),
  (SELECT ST_AsMVT(r, 'villages') FROM (
     SELECT code, name, type, parent_code, geom FROM found
     WHERE type = 'village' AND geom IS NOT NULL ORDER BY code) AS r),
  (SELECT ST_AsMVT(r, 'groups') FROM (
     SELECT code, name, type, parent_code, geom FROM found
     WHERE type = 'group' AND geom IS NOT NULL ORDER BY code) AS r);

-- name: outlines
-- Shapes of one tile in its units, wide areas last: their lines lie over the others.
WITH tile AS (SELECT ST_TileEnvelope(:z, :x, :y) AS box)
SELECT e.type,
       ST_AsGeoJSON(
         ST_AsMVTGeom(ST_Transform(s.geom, 3857), tile.box, 4096, 64, true), 0) AS shape
FROM tile, edition_area e
JOIN shape s ON s.id = e.shape_id
WHERE e.edition_id = :edition_id
  AND e.type = ANY (CAST(:types AS text[]))
  AND s.geom && ST_Transform(tile.box, 4326)
ORDER BY array_position(
           CAST(ARRAY['group', 'village', 'town', 'county'] AS varchar[]), e.type),
         e.code COLLATE "C";

-- name: bounds
SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e)
FROM (
  SELECT ST_Extent(s.geom) AS e
  FROM edition_area a
  JOIN shape s ON s.id = a.shape_id
  WHERE a.edition_id = :edition_id
) AS extent;

-- name: diff
-- What changed from one edition to another, one row for each area that changed.
SELECT coalesce(o.area_id, n.area_id) AS area_id,
       o.code AS old_code, n.code AS new_code,
       o.name AS old_name, n.name AS new_name,
       (o.area_id IS NULL) AS is_added,
       (n.area_id IS NULL) AS is_removed,
       (o.code <> n.code) AS is_recoded,
       (o.name <> n.name) AS is_renamed,
       (o.shape_id <> n.shape_id) AS is_reshaped,
       (o.parent_id IS DISTINCT FROM n.parent_id
        AND o.area_id IS NOT NULL AND n.area_id IS NOT NULL) AS is_reparented
FROM (SELECT * FROM edition_area WHERE edition_id = :old_id) AS o
FULL JOIN (SELECT * FROM edition_area WHERE edition_id = :new_id) AS n
  ON n.area_id = o.area_id
WHERE o.area_id IS NULL OR n.area_id IS NULL
   OR (o.code, o.name, o.shape_id) <> (n.code, n.name, n.shape_id)
   OR o.parent_id IS DISTINCT FROM n.parent_id
ORDER BY coalesce(n.code, o.code) COLLATE "C";

-- name: areas_below
-- Areas with all that lies in them, in one edition.
WITH RECURSIVE inside AS (
  SELECT area_id FROM edition_area
  WHERE edition_id = :edition_id AND area_id = ANY (CAST(:area_ids AS bigint[]))
  UNION
  SELECT e.area_id FROM edition_area e
  JOIN inside i ON e.parent_id = i.area_id
  WHERE e.edition_id = :edition_id
)
SELECT area_id FROM inside;

-- name: lock_patience
SET LOCAL lock_timeout = '200ms';

-- name: lock_patience_as_before
SET LOCAL lock_timeout TO DEFAULT;

-- name: lock_geography
LOCK TABLE geography_version IN EXCLUSIVE MODE;
