ALTER TABLE "opportunities" ALTER COLUMN "likely_pct" SET DATA TYPE numeric(9, 6);--> statement-breakpoint
ALTER TABLE "stages" ALTER COLUMN "likely_pct" SET DATA TYPE numeric(9, 6);--> statement-breakpoint
ALTER TABLE "hot_list_items" ALTER COLUMN "likely_pct" SET DATA TYPE numeric(9, 6);--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "first_name" text;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "last_name" text;--> statement-breakpoint
-- Weighted fees were made of hundredths of a percent. They are weighed anew with all digits, and so
-- are their sums, because each later change adds its difference to them.
ALTER TABLE "opportunities" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "hot_list_items" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "pipeline_stage_counts" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "pipeline_stage_months" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
UPDATE "hot_list_items"
SET weighted_iff = round(units * franchise_fee * likely_pct / 100, 2),
  weighted_cents = (round(units * franchise_fee * likely_pct / 100, 2) * 100)::bigint
WHERE weighted_iff <> round(units * franchise_fee * likely_pct / 100, 2);--> statement-breakpoint
UPDATE "pipeline_stage_counts" AS sums SET weighted = exact.weighted
FROM (
  SELECT o.tenant_id, coalesce(created_on, '0001-01-01') AS day, connection_id, o.stage, outcome,
    sum(hot.weighted_iff) AS weighted
  FROM "opportunities" AS o
  JOIN "hot_list_items" AS hot ON hot.tenant_id = o.tenant_id AND hot.opportunity_id = o.id
  WHERE deleted_at IS NULL
  GROUP BY 1, 2, 3, 4, 5
) AS exact
WHERE sums.tenant_id = exact.tenant_id AND sums.day = exact.day
  AND sums.connection_id = exact.connection_id AND sums.stage = exact.stage
  AND sums.outcome = exact.outcome AND sums.weighted <> exact.weighted;--> statement-breakpoint
UPDATE "pipeline_stage_months" AS sums SET weighted = exact.weighted
FROM (
  SELECT tenant_id, date_trunc('month', day::timestamp)::date AS day, connection_id, stage, outcome,
    sum(weighted) AS weighted
  FROM "pipeline_stage_counts"
  GROUP BY 1, 2, 3, 4, 5
) AS exact
WHERE sums.tenant_id = exact.tenant_id AND sums.day = exact.day
  AND sums.connection_id = exact.connection_id AND sums.stage = exact.stage
  AND sums.outcome = exact.outcome AND sums.weighted <> exact.weighted;
