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
)
SELECT DISTINCT ON (a.i) a.i, z.id, z.public_id, z.code, z.name, z.kind
FROM asked a
JOIN responsibility_zone z
  ON z.geom && ST_Expand(a.point, :border_deg)
 AND ST_DWithin(z.geom, a.point, :border_deg)
 AND z.area_id IN (a.group_id, a.village_id, a.town_id)
 AND z.valid_from <= :day AND (z.valid_to IS NULL OR z.valid_to > :day)
ORDER BY a.i, (z.kind <> 'households'), z.code COLLATE "C";

-- name: zone_neighbours
-- Other zones within reach of a point, for the note that a border is near.
SELECT z.id, z.public_id, z.code, z.name, z.kind
FROM responsibility_zone z
WHERE z.geom && ST_Expand(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :reach_deg)
  AND ST_DWithin(z.geom::geography,
                 ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography, :reach_m)
  AND z.id <> :zone_id
  AND z.kind = 'households'
  AND z.valid_from <= :day AND (z.valid_to IS NULL OR z.valid_to > :day)
ORDER BY z.code COLLATE "C";

-- name: duties_of_places
SELECT d.id AS duty_id, d.public_id AS duty_public_id, d.kind,
       d.valid_from, d.valid_to,
       p.id AS person_id, p.public_id AS person_public_id, p.code AS person_code,
       p.name,
       d.zone_id, d.area_id, d.household_id,
       coalesce(z.code, a.code, h.code) AS place_code,
       coalesce(z.name, a.name, h.address) AS place_name,
       a.type AS area_type
FROM duty d
JOIN person p ON p.id = d.person_id AND p.ended_at IS NULL
LEFT JOIN responsibility_zone z ON z.id = d.zone_id
LEFT JOIN edition_area a ON a.area_id = d.area_id AND a.edition_id = :edition_id
LEFT JOIN household h ON h.id = d.household_id
WHERE d.valid_from <= :until AND (d.valid_to IS NULL OR d.valid_to > :since)
  AND (d.zone_id = ANY (CAST(:zone_ids AS bigint[]))
       OR d.area_id = ANY (CAST(:area_ids AS bigint[]))
       OR d.household_id = ANY (CAST(:household_ids AS bigint[])))
ORDER BY p.code COLLATE "C", d.valid_from, d.kind;

-- name: duty_scope
-- What an account's own duties reach on a day, and those of whoever it stands in for:
-- areas, zones, and households either directly or through a zone. Who is away stands in
-- for nobody, and at a desk only who holds one.
WITH who AS MATERIALIZED (
  SELECT id FROM person WHERE account_id = :account_id AND ended_at IS NULL
),
answering AS MATERIALIZED (
  SELECT id FROM who
  UNION
  SELECT l.person_id FROM leave l JOIN who ON who.id = l.substitute_id
  JOIN person p ON p.id = l.person_id AND p.ended_at IS NULL
  WHERE l.cancelled_at IS NULL AND :day BETWEEN l.first_day AND l.last_day
    AND NOT EXISTS (
          SELECT 1 FROM leave o
          WHERE o.person_id = who.id AND o.cancelled_at IS NULL
            AND :day BETWEEN o.first_day AND o.last_day)
),
own AS MATERIALIZED (
  SELECT d.area_id, d.zone_id, d.household_id
  FROM duty d
  JOIN answering ON answering.id = d.person_id
  WHERE d.valid_from <= :day AND (d.valid_to IS NULL OR d.valid_to > :day)
    AND (d.kind <> ALL (CAST(:desks AS text[]))
         OR EXISTS (
              SELECT 1 FROM duty o JOIN who ON who.id = o.person_id
              WHERE o.kind = ANY (CAST(:desks AS text[]))
                AND o.valid_from <= :day
                AND (o.valid_to IS NULL OR o.valid_to > :day)))
)
SELECT
  (SELECT min(id) FROM who) AS person_id,
  (SELECT array_agg(DISTINCT area_id) FROM own
   WHERE area_id IS NOT NULL) AS area_ids,
  (SELECT array_agg(DISTINCT zone_id) FROM own
   WHERE zone_id IS NOT NULL) AS zone_ids,
  (SELECT array_agg(DISTINCT household_id)
   FROM (
     SELECT household_id FROM own WHERE household_id IS NOT NULL
     UNION ALL
     SELECT m.household_id FROM zone_household m JOIN own USING (zone_id)
     JOIN responsibility_zone z ON z.id = m.zone_id
     JOIN household_place p
       ON p.household_id = m.household_id
      AND p.edition_id = (SELECT id FROM edition
                          WHERE active_from <= :day AND superseded_at IS NULL
                          ORDER BY active_from DESC LIMIT 1)
      -- Who has moved away is in the list no longer.
      AND z.area_id IN (p.group_id, p.village_id, p.town_id)
     WHERE m.valid_from <= :day AND (m.valid_to IS NULL OR m.valid_to > :day)
   ) AS reached) AS household_ids;

-- name: places_without_answerer
-- For each kind of duty, the places where nobody holds it on a day, as if the duties in
-- :without were not held. A group has its grid worker also where one cares for the
-- whole village or for a grid drawn in it.
WITH held AS MATERIALIZED (
  SELECT d.kind, d.area_id, d.zone_id, d.household_id
  FROM duty d
  JOIN person p ON p.id = d.person_id AND p.ended_at IS NULL
  WHERE d.valid_from <= :day AND (d.valid_to IS NULL OR d.valid_to > :day)
    AND d.id <> ALL (CAST(:without AS bigint[]))
),
areas AS MATERIALIZED (
  SELECT area_id, parent_id, type, code, name,
         CASE type WHEN 'group' THEN 'grid' WHEN 'village' THEN 'village_desk'
                   WHEN 'town' THEN 'town_desk' ELSE 'county_desk' END AS kind
  FROM edition_area
  WHERE edition_id = :edition_id
)
SELECT a.kind, a.type AS place_kind, a.code, a.name, NULL::uuid AS zone_id
FROM areas a
WHERE NOT EXISTS (
        SELECT 1 FROM held h WHERE h.kind = a.kind AND h.area_id = a.area_id)
  AND (a.kind <> 'grid' OR NOT EXISTS (
        SELECT 1 FROM held h
        LEFT JOIN responsibility_zone z
          ON z.id = h.zone_id
         AND z.valid_from <= :day AND (z.valid_to IS NULL OR z.valid_to > :day)
        WHERE h.kind = 'grid'
          AND (h.area_id = a.parent_id OR z.area_id IN (a.area_id, a.parent_id))))
  AND (CAST(:area_ids AS bigint[]) IS NULL
       OR a.area_id = ANY (CAST(:area_ids AS bigint[])))
UNION ALL
SELECT 'household_care', 'zone', z.code, z.name, z.public_id
FROM responsibility_zone z
WHERE z.kind = 'households'
  AND z.valid_from <= :day AND (z.valid_to IS NULL OR z.valid_to > :day)
  AND NOT EXISTS (
        SELECT 1 FROM held h
        WHERE h.kind = 'household_care' AND h.zone_id = z.id)
  AND (CAST(:area_ids AS bigint[]) IS NULL
       OR z.area_id = ANY (CAST(:area_ids AS bigint[])))
ORDER BY 1, 3;

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

-- name: tile
-- One vector tile of zones and their label points, with the number of households that a
-- list of zones would tell; households themselves are in no tile. :area_ids NULL: all.
WITH tile AS (SELECT ST_TileEnvelope(:z, :x, :y) AS box),
found AS MATERIALIZED (
  SELECT z.id, z.area_id, z.code, z.name, z.kind, z.geom
  FROM tile, responsibility_zone z
  WHERE z.geom && ST_Transform(tile.box, 4326)
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
         ST_AsMVTGeom(ST_Transform(z.geom, 3857), tile.box, 4096, 64, true), 0) AS shape
FROM tile, responsibility_zone z
WHERE z.geom && ST_Transform(tile.box, 4326)
  AND z.valid_from <= :day AND (z.valid_to IS NULL OR z.valid_to > :day)
  AND (CAST(:area_ids AS bigint[]) IS NULL
       OR z.area_id = ANY (CAST(:area_ids AS bigint[]))
       OR z.id = ANY (CAST(:zone_ids AS bigint[])))
ORDER BY z.code COLLATE "C";
