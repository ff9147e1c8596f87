-- What is counted by stage already is counted anew by system and outcome, past the forced row-level
-- security that binds the owner, too. The migration forces it again.
ALTER TABLE "opportunities" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "hot_list_items" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "pipeline_stage_counts" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "pipeline_stage_months" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "stage_entries" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "stage_entry_months" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
DELETE FROM "pipeline_stage_counts";--> statement-breakpoint
DELETE FROM "pipeline_stage_months";--> statement-breakpoint
DELETE FROM "stage_entries";--> statement-breakpoint
DELETE FROM "stage_entry_months";--> statement-breakpoint
ALTER TABLE "pipeline_stage_counts" DROP CONSTRAINT "pipeline_stage_counts_tenant_id_day_stage_pk";--> statement-breakpoint
ALTER TABLE "pipeline_stage_months" DROP CONSTRAINT "pipeline_stage_months_tenant_id_day_stage_pk";--> statement-breakpoint
ALTER TABLE "stage_entries" DROP CONSTRAINT "stage_entries_tenant_id_entered_on_stage_pk";--> statement-breakpoint
ALTER TABLE "stage_entry_months" DROP CONSTRAINT "stage_entry_months_tenant_id_entered_on_stage_pk";--> statement-breakpoint
ALTER TABLE "pipeline_stage_counts" ADD COLUMN "connection_id" uuid NOT NULL;--> statement-breakpoint
ALTER TABLE "pipeline_stage_counts" ADD COLUMN "outcome" text NOT NULL;--> statement-breakpoint
ALTER TABLE "pipeline_stage_months" ADD COLUMN "connection_id" uuid NOT NULL;--> statement-breakpoint
ALTER TABLE "pipeline_stage_months" ADD COLUMN "outcome" text NOT NULL;--> statement-breakpoint
ALTER TABLE "stage_entries" ADD COLUMN "connection_id" uuid NOT NULL;--> statement-breakpoint
ALTER TABLE "stage_entry_months" ADD COLUMN "connection_id" uuid NOT NULL;--> statement-breakpoint
ALTER TABLE "pipeline_stage_counts" ADD CONSTRAINT "pipeline_stage_counts_key" PRIMARY KEY("tenant_id","day","connection_id","stage","outcome");--> statement-breakpoint
ALTER TABLE "pipeline_stage_months" ADD CONSTRAINT "pipeline_stage_months_key" PRIMARY KEY("tenant_id","day","connection_id","stage","outcome");--> statement-breakpoint
ALTER TABLE "stage_entries" ADD CONSTRAINT "stage_entries_key" PRIMARY KEY("tenant_id","entered_on","connection_id","stage");--> statement-breakpoint
ALTER TABLE "stage_entry_months" ADD CONSTRAINT "stage_entry_months_key" PRIMARY KEY("tenant_id","entered_on","connection_id","stage");--> statement-breakpoint
CREATE INDEX "opportunities_open_by_value" ON "opportunities" USING btree ("tenant_id",sort_cents,"id") WHERE deleted_at is null and outcome = 'open';--> statement-breakpoint
INSERT INTO "pipeline_stage_counts" ("tenant_id", "day", "connection_id", "stage", "outcome", "count", "valued", "value", "entered_seconds", "hot", "weighted")
SELECT o.tenant_id, coalesce(created_on, '0001-01-01'), connection_id, o.stage, outcome, count(*), count(value), coalesce(sum(value), 0), sum(floor(extract(epoch from stage_entered_at)))::bigint, count(hot.opportunity_id), coalesce(sum(hot.weighted_iff), 0)
FROM "opportunities" AS o
LEFT JOIN "hot_list_items" AS hot ON hot.tenant_id = o.tenant_id AND hot.opportunity_id = o.id
WHERE deleted_at IS NULL
GROUP BY 1, 2, 3, 4, 5;--> statement-breakpoint
INSERT INTO "pipeline_stage_months" ("tenant_id", "day", "connection_id", "stage", "outcome", "count", "valued", "value", "entered_seconds", "hot", "weighted")
SELECT tenant_id, date_trunc('month', day::timestamp)::date, connection_id, stage, outcome, sum(count), sum(valued), sum(value), sum(entered_seconds), sum(hot), sum(weighted)
FROM "pipeline_stage_counts"
GROUP BY 1, 2, 3, 4, 5;--> statement-breakpoint
INSERT INTO "stage_entries" ("tenant_id", "connection_id", "stage", "entered_on", "count")
SELECT tenant_id, connection_id, stage, (stage_entered_at at time zone 'UTC')::date, count(*)
FROM "opportunities"
WHERE deleted_at IS NULL AND outcome = 'open'
GROUP BY 1, 2, 3, 4;--> statement-breakpoint
INSERT INTO "stage_entry_months" ("tenant_id", "connection_id", "stage", "entered_on", "count")
SELECT tenant_id, connection_id, stage, date_trunc('month', entered_on::timestamp)::date, sum(count)
FROM "stage_entries"
GROUP BY 1, 2, 3, 4;
