-- A row of a push mapping becomes an entry of a conversion schema: what filled it becomes its sources, its labels or its fixed text a step.
-- Older versions have no overrides: all of their rows stay in force until the next version is saved.
ALTER TABLE "push_mappings" ADD COLUMN "overrides" jsonb;--> statement-breakpoint
ALTER TABLE "push_mappings" ADD COLUMN "note" text;--> statement-breakpoint
-- Row-level security is lifted for the owner while this runs, in the same transaction.
ALTER TABLE "push_mappings" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
UPDATE "push_mappings" SET "fields" = (
  SELECT coalesce(jsonb_agg(
    (field - 'source' - 'labels') || CASE
      WHEN field ->> 'source' LIKE '=%' THEN jsonb_build_object(
        'sources', '[]'::jsonb,
        'steps', jsonb_build_array(jsonb_build_object('fn', 'constant', 'args', jsonb_build_object('value', substr(field ->> 'source', 2))))
      )
      ELSE jsonb_build_object(
        -- A name of other signs is written as a path that holds it; names that every object answers to lead nowhere, as before.
        'sources', CASE
          WHEN field ->> 'source' IN ('__proto__', 'constructor', 'prototype') THEN '[]'::jsonb
          WHEN field ->> 'source' ~ '^[^.\[\]"*\s][^.\[\]"]*$' THEN jsonb_build_array(field ->> 'source')
          ELSE jsonb_build_array('["' || replace(replace(field ->> 'source', '\', '\\'), '"', '\"') || '"]')
        END,
        -- Labels were found by the text of a value, so that numbers and flags are written as text before.
        'steps', CASE
          WHEN coalesce(field -> 'labels', '{}') = '{}' THEN '[]'::jsonb
          ELSE CASE
            WHEN field ->> 'source' IN ('score', 'priority', 'm365Fit', 'employees', 'dealValue', 'isReferral')
            THEN '[{"fn": "text"}]'::jsonb ELSE '[]'::jsonb
          END || jsonb_build_array(jsonb_build_object('fn', 'lookup', 'args', jsonb_build_object(
            'table', (
              SELECT jsonb_agg(jsonb_build_object('from', key, 'to', value) ORDER BY key COLLATE "C")
              FROM jsonb_each_text(field -> 'labels')
            ),
            'otherwise', 'keep'
          )))
        END
      )
    END ORDER BY place
  ), '[]')
  FROM jsonb_array_elements("fields") WITH ORDINALITY AS each (field, place)
);
