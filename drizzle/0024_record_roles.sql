-- What a push knows of a record is kept by what the record is (company, contact, lead, deal) instead of by its name in one CRM.
-- Row-level security is lifted for the owner while this runs, in the same transaction.
ALTER TABLE "pushes" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "push_events" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "push_conflicts" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "push_mappings" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "push_targets" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
UPDATE "pushes" SET
  "remote_ids" = (
    SELECT coalesce(jsonb_object_agg(CASE key WHEN 'account' THEN 'company' WHEN 'opportunity' THEN 'deal' ELSE key END, value), '{}')
    FROM jsonb_each("remote_ids")
  ),
  "made" = (
    SELECT coalesce(jsonb_object_agg(
      CASE key WHEN 'account' THEN 'company' WHEN 'opportunity' THEN 'deal' ELSE key END,
      jsonb_build_object('id', value -> 'id', 'version', value -> 'etag')
    ), '{}')
    FROM jsonb_each("made")
  ),
  "base" = CASE WHEN "base" IS NULL THEN NULL ELSE (
    SELECT coalesce(jsonb_object_agg(regexp_replace(regexp_replace(key, '^account\.', 'company.'), '^opportunity\.', 'deal.'), value), '{}')
    FROM jsonb_each("base")
  ) END
WHERE "remote_ids" <> '{}' OR "made" <> '{}' OR "base" IS NOT NULL;--> statement-breakpoint
UPDATE "push_events" SET "step" = CASE "step" WHEN 'account' THEN 'company' ELSE 'deal' END
WHERE "step" IN ('account', 'opportunity');--> statement-breakpoint
UPDATE "push_conflicts"
SET "field" = regexp_replace(regexp_replace("field", '^account\.', 'company.'), '^opportunity\.', 'deal.')
WHERE "field" LIKE 'account.%' OR "field" LIKE 'opportunity.%';--> statement-breakpoint
UPDATE "push_mappings" SET "fields" = (
  SELECT coalesce(jsonb_agg(
    (field - 'table') || jsonb_build_object(
      'role', CASE field ->> 'table' WHEN 'account' THEN 'company' WHEN 'opportunity' THEN 'deal' ELSE field ->> 'table' END
    ) ORDER BY place
  ), '[]')
  FROM jsonb_array_elements("fields") WITH ORDINALITY AS each (field, place)
);--> statement-breakpoint
UPDATE "push_targets" SET "metadata" = jsonb_build_object('objects', (
  SELECT coalesce(jsonb_object_agg(
    CASE key WHEN 'account' THEN 'company' WHEN 'opportunity' THEN 'deal' ELSE key END,
    (value - 'changeTracking') || jsonb_build_object('label', key)
  ), '{}')
  FROM jsonb_each("metadata" -> 'tables')
));--> statement-breakpoint
