CREATE TABLE "lead_metric_months" (
	"tenant_id" uuid NOT NULL,
	"dimension" text NOT NULL,
	"day" date NOT NULL,
	"key" text NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "lead_metric_months_tenant_id_dimension_day_key_pk" PRIMARY KEY("tenant_id","dimension","day","key")
);
--> statement-breakpoint
ALTER TABLE "lead_metric_months" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "pipeline_stage_months" (
	"tenant_id" uuid NOT NULL,
	"day" date NOT NULL,
	"stage" text NOT NULL,
	"count" integer NOT NULL,
	"valued" integer NOT NULL,
	"value" numeric(20, 2) NOT NULL,
	"entered_seconds" bigint NOT NULL,
	"hot" integer NOT NULL,
	"weighted" numeric(24, 2) NOT NULL,
	CONSTRAINT "pipeline_stage_months_tenant_id_day_stage_pk" PRIMARY KEY("tenant_id","day","stage")
);
--> statement-breakpoint
ALTER TABLE "pipeline_stage_months" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "stage_entry_months" (
	"tenant_id" uuid NOT NULL,
	"stage" text NOT NULL,
	"entered_on" date NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "stage_entry_months_tenant_id_entered_on_stage_pk" PRIMARY KEY("tenant_id","entered_on","stage")
);
--> statement-breakpoint
ALTER TABLE "stage_entry_months" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "dated_count_months" (
	"tenant_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"day" date NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "dated_count_months_tenant_id_kind_day_pk" PRIMARY KEY("tenant_id","kind","day")
);
--> statement-breakpoint
ALTER TABLE "dated_count_months" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "dated_counts" (
	"tenant_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"day" date NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "dated_counts_tenant_id_kind_day_pk" PRIMARY KEY("tenant_id","kind","day")
);
--> statement-breakpoint
ALTER TABLE "dated_counts" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
DROP INDEX "leads_by_change";--> statement-breakpoint
DROP INDEX "notes_by_contact";--> statement-breakpoint
ALTER TABLE "stage_entries" DROP CONSTRAINT "stage_entries_tenant_id_stage_entered_on_pk";--> statement-breakpoint
ALTER TABLE "stage_entries" ADD CONSTRAINT "stage_entries_tenant_id_entered_on_stage_pk" PRIMARY KEY("tenant_id","entered_on","stage");--> statement-breakpoint
CREATE INDEX "leads_by_change" ON "leads" USING btree ("tenant_id","changed_at","id");--> statement-breakpoint
CREATE INDEX "notes_by_contact" ON "notes" USING btree ("tenant_id","contact_id");--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "lead_metric_months" AS PERMISSIVE FOR ALL TO public USING ("lead_metric_months"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("lead_metric_months"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "pipeline_stage_months" AS PERMISSIVE FOR ALL TO public USING ("pipeline_stage_months"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("pipeline_stage_months"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "stage_entry_months" AS PERMISSIVE FOR ALL TO public USING ("stage_entry_months"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("stage_entry_months"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "dated_count_months" AS PERMISSIVE FOR ALL TO public USING ("dated_count_months"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("dated_count_months"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "dated_counts" AS PERMISSIVE FOR ALL TO public USING ("dated_counts"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("dated_counts"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
-- What is counted by day already is counted by month, past the forced row-level security that binds the owner, too.
-- The migration forces it again.
ALTER TABLE "lead_metrics" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "pipeline_stage_counts" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "stage_entries" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "notes" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "scheduled_activities" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
INSERT INTO "lead_metric_months" SELECT "tenant_id", "dimension", date_trunc('month', "day"::timestamp)::date, "key", sum("count") FROM "lead_metrics" GROUP BY 1, 2, 3, 4;--> statement-breakpoint
INSERT INTO "pipeline_stage_months" SELECT "tenant_id", date_trunc('month', "day"::timestamp)::date, "stage", sum("count"), sum("valued"), sum("value"), sum("entered_seconds"), sum("hot"), sum("weighted") FROM "pipeline_stage_counts" GROUP BY 1, 2, 3;--> statement-breakpoint
INSERT INTO "stage_entry_months" SELECT "tenant_id", "stage", date_trunc('month', "entered_on"::timestamp)::date, sum("count") FROM "stage_entries" GROUP BY 1, 2, 3;--> statement-breakpoint
INSERT INTO "dated_counts" SELECT "tenant_id", 'note', coalesce(("note_date" at time zone 'UTC')::date, '0001-01-01'), count(*) FROM "notes" WHERE "deleted_at" IS NULL GROUP BY 1, 3;--> statement-breakpoint
INSERT INTO "dated_counts" SELECT "tenant_id", 'scheduledActivity', ("scheduled_at" at time zone 'UTC')::date, count(*) FROM "scheduled_activities" WHERE "deleted_at" IS NULL GROUP BY 1, 3;--> statement-breakpoint
INSERT INTO "dated_count_months" SELECT "tenant_id", "kind", date_trunc('month', "day"::timestamp)::date, sum("count") FROM "dated_counts" GROUP BY 1, 2, 3;
