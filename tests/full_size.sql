-- A county at full size: read by make_full_size.py, one statement after the other.

-- Eight towns to a county, eleven villages to a town, groups as many as there are.
INSERT INTO area (public_id, created_at)
SELECT gen_random_uuid(), now() FROM generate_series(1, 8 + :villages + :groups);

WITH ids AS (
  SELECT id, row_number() OVER (ORDER BY id) - 1 AS i FROM area
  WHERE id NOT IN (SELECT area_id FROM edition_area)
),
placed AS (
  SELECT id, i,
    CASE WHEN i < 8 THEN 'town' WHEN i < 8 + :villages THEN 'village'
         ELSE 'group' END AS type,
    CASE WHEN i < 8 THEN i WHEN i < 8 + :villages THEN i - 8
         ELSE i - 8 - :villages END AS n
  FROM ids
),
coded AS (
  SELECT *,
    CASE type WHEN 'town' THEN '62017190' || n
      WHEN 'village' THEN '62017190' || n % 8 || lpad(n::text, 3, '0')
      ELSE '62017190' || (n % :villages) % 8 || lpad((n % :villages)::text, 3, '0')
           || lpad((n / :villages)::text, 3, '0') END AS code,
    ST_Multi(ST_MakeEnvelope(
      104 + 0.02 * (n % 24), 36 + 0.02 * (n / 24) , 104.02 + 0.02 * (n % 24),
      36.02 + 0.02 * (n / 24), 4326)) AS geom
  FROM placed
),
shaped AS (
  INSERT INTO shape (hash, geom, label_point, area_m2)
  SELECT decode(md5(code) || md5(code), 'hex'), geom, ST_PointOnSurface(geom), 1
  FROM coded RETURNING id, hash
)
INSERT INTO edition_area
  (edition_id, area_id, parent_id, type, code, name, shape_id)
SELECT :edition, c.id,
       CASE c.type WHEN 'town' THEN :county
         WHEN 'village' THEN (SELECT p.id FROM coded p
                              WHERE p.type = 'town' AND p.n = c.n % 8)
         ELSE (SELECT p.id FROM coded p
               WHERE p.type = 'village' AND p.n = c.n % :villages) END,
       c.type, c.code, c.code, s.id
FROM coded c JOIN shaped s ON s.hash = decode(md5(c.code) || md5(c.code), 'hex');

-- A desk for each village, a grid worker and six zones with a carer for each group.
INSERT INTO person (public_id, code, name, is_party_member, created_at)
SELECT gen_random_uuid(), 'F-' || a.area_id || '-' || k, '某某', false, now()
FROM edition_area a, generate_series(0, 6) AS k
WHERE a.code LIKE '62017190%' AND (a.type = 'group' OR k = 0);

INSERT INTO responsibility_zone
  (public_id, code, name, kind, area_id, valid_from)
SELECT gen_random_uuid(), a.code || lpad(k::text, 3, '0'), '片区', 'households',
       a.area_id, '2020-01-01'
FROM edition_area a, generate_series(1, 6) AS k
WHERE a.code LIKE '62017190%' AND a.type = 'group';

INSERT INTO zone_shape (zone_id, shape_id, valid_from)
SELECT z.id, a.shape_id, z.valid_from
FROM responsibility_zone z JOIN edition_area a ON a.area_id = z.area_id
WHERE z.code LIKE '62017190%';

INSERT INTO duty (public_id, kind, person_id, area_id, valid_from)
SELECT gen_random_uuid(),
       CASE a.type WHEN 'group' THEN 'grid' WHEN 'village' THEN 'village_desk'
                   ELSE 'town_desk' END,
       p.id, a.area_id, '2020-01-01'
FROM edition_area a JOIN person p ON p.code = 'F-' || a.area_id || '-0'
WHERE a.code LIKE '62017190%';

INSERT INTO duty (public_id, kind, person_id, zone_id, valid_from)
SELECT gen_random_uuid(), 'household_care', p.id, z.id, '2020-01-01'
FROM responsibility_zone z
JOIN person p ON p.code = 'F-' || z.area_id || '-' || CAST(right(z.code, 3) AS int)
WHERE z.code LIKE '62017190%';

INSERT INTO leave (public_id, person_id, first_day, last_day, substitute_id,
                   created_at)
SELECT gen_random_uuid(), p.id, DATE '2025-01-01' + k * 30,
       DATE '2025-01-03' + k * 30, p.id, now()
FROM person p, generate_series(0, 4) AS k WHERE p.code LIKE 'F-%';

-- Contacts of households, then of orders: most of a year old and more are erased.
INSERT INTO contact (public_id, name, phone, created_at, erased_at)
SELECT gen_random_uuid(), CASE WHEN k % 3 > 0 THEN CAST(:name AS bytea) END,
       CASE WHEN k % 3 > 0 THEN CAST(:name AS bytea) END, now(),
       CASE WHEN k % 3 = 0 AND k > :households THEN now() END
FROM generate_series(1, :households + :requests) AS k;

WITH g AS (
  SELECT area_id, ST_XMin(s.geom) AS x, ST_YMin(s.geom) AS y,
         row_number() OVER (ORDER BY area_id) - 1 AS n
  FROM edition_area a JOIN shape s ON s.id = a.shape_id
  WHERE a.code LIKE '62017190%' AND a.type = 'group'
),
c AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM contact
      ORDER BY id DESC LIMIT :households + :requests),
made AS (
  INSERT INTO household (public_id, code, contact_id, address, member_count, geom,
    lon_claimed, lat_claimed, crs_claimed, created_at, updated_at)
  SELECT gen_random_uuid(), 'F-' || g.area_id || '-' || k, c.id, k || '号', 3,
         ST_SetSRID(ST_MakePoint(g.x + 0.02 * random(), g.y + 0.02 * random()),
                    4326), 0, 0, 'wgs84', now(), now()
  FROM generate_series(1, :households) AS k
  JOIN g ON g.n = k % :groups JOIN c ON c.n = k
  RETURNING id, code
)
INSERT INTO household_place
  (edition_id, household_id, county_id, town_id, village_id, group_id)
SELECT :edition, m.id, :county, v.parent_id, v.area_id, a.area_id
FROM made m
JOIN edition_area a ON a.edition_id = :edition
 AND a.area_id = CAST(split_part(m.code, '-', 2) AS bigint)
JOIN edition_area v ON v.edition_id = :edition AND v.area_id = a.parent_id;

INSERT INTO zone_household (zone_id, household_id, valid_from)
SELECT z.id, p.household_id, '2020-01-01'
FROM household_place p
JOIN responsibility_zone z ON z.area_id = p.group_id
 AND CAST(right(z.code, 3) AS int) = 1 + p.household_id % 6
WHERE z.code LIKE '62017190%' AND p.household_id % 20 > 0;

-- Two of five orders are for a household; one of twenty is still open.
WITH h AS (
  SELECT p.*, h.geom, m.zone_id, row_number() OVER (ORDER BY h.id) - 1 AS n
  FROM household h JOIN household_place p ON p.household_id = h.id
  LEFT JOIN zone_household m ON m.household_id = h.id
  WHERE h.code LIKE 'F-%'
),
c AS (SELECT id, row_number() OVER (ORDER BY id DESC) AS n FROM contact),
drawn AS (
  SELECT k, 1 - sqrt(random()) AS age FROM generate_series(1, :requests) AS k
)
INSERT INTO service_request
  (public_id, number, service_id, description, channel, contact_id,
   is_confidential, household_id, geom, lon_claimed, lat_claimed, crs_claimed, cell,
   listed_point, listed_cell, edition_id, county_id, town_id, village_id, group_id,
   zone_id, status, stage, handler_id, handler_duty_id, decline_count,
   reopen_count, ordered_at, due_at, dispatched_at, closed_at, updated_at)
SELECT gen_random_uuid(), 'F' || k, s.id, '停水两天', 'web', c.id, k % 50 = 0,
       CASE WHEN k % 5 < 2 THEN h.household_id END, h.geom, 0, 0, 'wgs84',
       e.cell, h.geom, CASE WHEN k % 5 < 2 THEN e.cell >> 14 << 14 ELSE e.cell END,
       :edition, :county, h.town_id, h.village_id, h.group_id, h.zone_id,
       CASE WHEN k % 20 = 0 THEN 'open' ELSE 'closed' END,
       CASE WHEN k % 20 = 0 THEN 'accepted' ELSE 'completed' END,
       coalesce(d.person_id, :handler), d.id, 0, 0,
       t.at, t.at + interval '5 days', t.at,
       CASE WHEN k % 20 > 0 THEN t.at + interval '3 days' END,
       t.at + interval '3 days'
FROM drawn r
JOIN h ON h.n = k % :households
JOIN unnest(CAST(:cells AS bigint[])) WITH ORDINALITY AS e(cell, i)
  ON e.i = h.n + 1
JOIN c ON c.n = k
LEFT JOIN duty d ON d.zone_id = h.zone_id
JOIN LATERAL (SELECT CAST(:now AS timestamptz) - r.age * interval '700 days' AS at)
  AS t ON true
JOIN (SELECT id, row_number() OVER () - 1 AS n, count(*) OVER () AS m FROM service)
  AS s ON s.n = k % s.m;

INSERT INTO request_event (public_id, request_id, sequence, verb, at, caller_kind,
                           payload, schema_version)
SELECT gen_random_uuid(), r.id, n, v, r.ordered_at + n * interval '1 hour',
       'account', '{}', 1
FROM service_request r,
     unnest(ARRAY['order', 'dispatch', 'accept', 'complete'])
       WITH ORDINALITY AS x(v, n)
WHERE r.number LIKE 'F%';

INSERT INTO dispatch_decision (request_id, sequence, at, edition_id, handler_id,
                               explanation, schema_version)
SELECT r.id, 2, r.ordered_at, :edition, r.handler_id, '{}', 1
FROM service_request r WHERE r.number LIKE 'F%';

INSERT INTO token (token_hash, kind, subject_id, is_found, created_at, last_used_at,
                   expires_at, revoked_at)
SELECT decode(md5(r.number) || md5(r.number), 'hex'), 'tracking', r.public_id,
       false, r.ordered_at, r.ordered_at, r.ordered_at + interval '1000 days', NULL
FROM service_request r WHERE r.number LIKE 'F%';

INSERT INTO audit_entry (at, caller_kind, account_id, action, subject_kind,
                         subject_id, fields, detail)
SELECT r.ordered_at, 'account', :account, 'request.read', 'request', r.public_id,
       '{location}', '{}'
FROM service_request r WHERE r.number LIKE 'F%';
