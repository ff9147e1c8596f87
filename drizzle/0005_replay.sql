CREATE TABLE "referrals" (
	"tenant_id" uuid NOT NULL,
	"id" uuid DEFAULT new_id() NOT NULL,
	"connection_id" uuid NOT NULL,
	"provider" text NOT NULL,
	"stream" text NOT NULL,
	"external_id" text NOT NULL,
	"content_hash" text NOT NULL,
	"raw_json" jsonb NOT NULL,
	"snapshot_id" uuid NOT NULL,
	"first_seen_at" timestamp with time zone NOT NULL,
	"changed_at" timestamp with time zone NOT NULL,
	"deleted_at" timestamp with time zone,
	"source_created_at" timestamp with time zone,
	"source_updated_at" timestamp with time zone,
	"created_on" date,
	"engagement_id" text,
	"referral_type" text NOT NULL,
	"name" text NOT NULL,
	"company_name" text,
	"domain" text,
	"domain_reason" text,
	"azure_tenant_id" text,
	"status" text NOT NULL,
	"substatus" text,
	"direction" text,
	"deal_value" numeric(14, 2),
	"sort_cents" bigint NOT NULL,
	"currency" text,
	CONSTRAINT "referrals_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "referrals_source" UNIQUE("tenant_id","connection_id","external_id","stream")
);
--> statement-breakpoint
ALTER TABLE "referrals" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "sync_run_streams" ADD COLUMN "proven_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "sync_run_streams" ADD COLUMN "replayed_to" jsonb;--> statement-breakpoint
ALTER TABLE "referrals" ADD CONSTRAINT "referrals_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "referrals_by_update" ON "referrals" USING btree ("tenant_id",(case when source_updated_at is null then '-infinity'::timestamptz else source_updated_at end),"id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "referrals_by_type" ON "referrals" USING btree ("tenant_id","referral_type",(case when source_updated_at is null then '-infinity'::timestamptz else source_updated_at end),"id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "referrals_by_status" ON "referrals" USING btree ("tenant_id","status",(case when source_updated_at is null then '-infinity'::timestamptz else source_updated_at end),"id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "referrals_by_domain" ON "referrals" USING btree ("tenant_id","domain") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "referrals_by_azure_tenant" ON "referrals" USING btree ("tenant_id","azure_tenant_id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "referrals_by_change" ON "referrals" USING btree ("tenant_id","changed_at","id");--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "referrals" AS PERMISSIVE FOR ALL TO public USING ("referrals"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("referrals"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);