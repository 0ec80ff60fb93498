-- name: duty_book
-- Duties of places on any day of a period; and who is away on one of these days, with
-- whoever is to stand in: whether they have left, and each time that they hold a desk.
SELECT d.id AS duty_id, d.public_id AS duty_public_id, d.kind,
       d.valid_from, d.valid_to,
       p.id AS person_id, p.public_id AS person_public_id, p.code AS person_code,
       p.name,
       d.zone_id, d.area_id, d.household_id,
       coalesce(z.code, a.code, h.code) AS place_code,
       coalesce(z.name, a.name, h.address) AS place_name,
       a.type AS area_type,
       NULL::bigint AS leave_id, NULL::bigint AS substitute_id,
       NULL::boolean AS has_left, NULL::date AS desk_from, NULL::date AS desk_to
FROM duty d
JOIN person p ON p.id = d.person_id AND p.ended_at IS NULL
LEFT JOIN responsibility_zone z ON z.id = d.zone_id
LEFT JOIN edition_area a ON a.area_id = d.area_id AND a.edition_id = :edition_id
LEFT JOIN household h ON h.id = d.household_id
WHERE d.valid_from <= :until AND (d.valid_to IS NULL OR d.valid_to > :since)
  AND (d.zone_id = ANY (CAST(:zone_ids AS bigint[]))
       OR d.area_id = ANY (CAST(:area_ids AS bigint[]))
       OR d.household_id = ANY (CAST(:household_ids AS bigint[])))
UNION ALL
SELECT NULL, NULL, NULL, l.first_day, l.last_day, l.person_id, NULL, NULL, NULL,
       NULL, NULL, NULL, NULL, NULL, NULL,
       l.id, l.substitute_id, s.ended_at IS NOT NULL, o.valid_from, o.valid_to
FROM leave l
LEFT JOIN person s ON s.id = l.substitute_id
LEFT JOIN duty o ON o.person_id = s.id AND o.kind = ANY (CAST(:desks AS text[]))
WHERE l.cancelled_at IS NULL AND l.first_day <= :until AND l.last_day >= :since;

-- name: lock_holders
-- Of these people and duties those that have not ended, people first; whoever would end
-- one waits.
SELECT 'person' AS kind, id, public_id, name
FROM (SELECT id, public_id, name FROM person
      WHERE id = ANY (CAST(:person_ids AS bigint[])) AND ended_at IS NULL
      ORDER BY id FOR SHARE) AS p
UNION ALL
SELECT 'duty', id, NULL, NULL
FROM (SELECT id FROM duty
      WHERE id = ANY (CAST(:duty_ids AS bigint[]))
        AND (valid_to IS NULL OR valid_to > :day)
      ORDER BY id FOR SHARE) AS d;

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
                            AND activated_at IS NOT NULL
                          ORDER BY active_from DESC LIMIT 1)
      -- Who has moved away is in the list no longer.
      AND z.area_id IN (p.group_id, p.village_id, p.town_id)
     WHERE m.valid_from <= :day AND (m.valid_to IS NULL OR m.valid_to > :day)
   ) AS reached) AS household_ids;

-- name: described_scope
-- Areas as the edition in force names them, somebody's own duties on a day with what
-- their place is called, and what that person is called outside.
WITH in_force AS MATERIALIZED (
  SELECT id FROM edition
  WHERE active_from <= :day AND superseded_at IS NULL AND activated_at IS NOT NULL
  ORDER BY active_from DESC LIMIT 1
)
SELECT 'edition' AS what, NULL AS kind, NULL AS code, NULL AS name,
       NULL::uuid AS public_id, id
FROM in_force
UNION ALL
SELECT 'area', a.type, a.code, a.name, NULL, a.area_id
FROM edition_area a JOIN in_force ON in_force.id = a.edition_id
WHERE a.area_id = ANY (CAST(:area_ids AS bigint[]))
UNION ALL
SELECT 'duty', d.kind, coalesce(z.code, a.code), coalesce(z.name, a.name), NULL, d.id
FROM duty d
LEFT JOIN responsibility_zone z ON z.id = d.zone_id
LEFT JOIN edition_area a
  ON a.area_id = d.area_id AND a.edition_id = (SELECT id FROM in_force)
WHERE d.person_id = :person_id
  AND d.valid_from <= :day AND (d.valid_to IS NULL OR d.valid_to > :day)
UNION ALL
SELECT 'person', NULL, NULL, NULL, p.public_id, p.id
FROM person p WHERE p.id = :person_id;

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
