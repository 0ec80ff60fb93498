-- name: gone
-- Areas that an edition leaves out, with the new one of the same kind, if there is one,
-- in which each wholly lies. What is drawn anew leaves slivers: a hundredth is nothing.
WITH gone AS MATERIALIZED (
  SELECT o.area_id, o.type, o.shape_id FROM edition_area o
  WHERE o.edition_id = :old_id
    AND NOT EXISTS (SELECT FROM edition_area k
                    WHERE k.edition_id = :new_id AND k.area_id = o.area_id)
),
added AS MATERIALIZED (
  SELECT n.area_id, n.type, n.shape_id FROM edition_area n
  WHERE n.edition_id = :new_id
    AND NOT EXISTS (SELECT FROM edition_area k
                    WHERE k.edition_id = :old_id AND k.area_id = n.area_id)
),
passed AS (
  SELECT g.area_id, a.area_id AS to_id
  FROM gone g
  JOIN added a ON a.type = g.type
  JOIN shape s ON s.id = g.shape_id
  JOIN shape t ON t.id = a.shape_id
   AND (t.id = s.id
        OR (t.geom && s.geom
            AND ST_Area(ST_Intersection(t.geom, s.geom)) > 0.99 * ST_Area(s.geom)))
)
SELECT g.area_id, min(p.to_id) AS to_id
FROM gone g LEFT JOIN passed p ON p.area_id = g.area_id
GROUP BY g.area_id ORDER BY g.area_id;

-- name: zones_places
-- Where the households in the lists of zones lie in an edition, each place once. Who has
-- moved away from the zone's area is in its list no longer.
SELECT DISTINCT z.id AS zone_id, n.county_id, n.town_id, n.village_id, n.group_id
FROM responsibility_zone z
JOIN zone_household m
  ON m.zone_id = z.id
 AND m.valid_from <= :day AND (m.valid_to IS NULL OR m.valid_to > :day)
JOIN household h ON h.id = m.household_id AND h.ended_at IS NULL
JOIN household_place o
  ON o.household_id = h.id AND o.edition_id = :old_id
 AND z.area_id IN (o.group_id, o.village_id, o.town_id)
JOIN household_place n ON n.household_id = h.id AND n.edition_id = :new_id
WHERE z.id = ANY (CAST(:zone_ids AS bigint[]));
