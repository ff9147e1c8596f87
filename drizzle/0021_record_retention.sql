CREATE TABLE "record_retention" (
	"tenant_id" uuid NOT NULL,
	"lead_months" integer,
	"note_months" integer,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"changed_by" uuid,
	"ran_at" timestamp with time zone,
	"deleted" jsonb DEFAULT '{}'::jsonb NOT NULL,
	CONSTRAINT "record_retention_tenant_id_pk" PRIMARY KEY("tenant_id"),
	CONSTRAINT "record_retention_leads" CHECK ("record_retention"."lead_months" between 1 and 1200),
	CONSTRAINT "record_retention_notes" CHECK ("record_retention"."note_months" between 1 and 1200)
);
--> statement-breakpoint
ALTER TABLE "record_retention" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "record_retention" ADD CONSTRAINT "record_retention_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "record_retention" AS PERMISSIVE FOR ALL TO public USING ("record_retention"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("record_retention"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);