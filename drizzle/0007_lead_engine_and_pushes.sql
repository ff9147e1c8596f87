CREATE TABLE "tenant_features" (
	"tenant_id" uuid NOT NULL,
	"feature" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"enabled_by" uuid,
	CONSTRAINT "tenant_features_tenant_id_feature_pk" PRIMARY KEY("tenant_id","feature")
);
--> statement-breakpoint
ALTER TABLE "tenant_features" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "device_consents" (
	"tenant_id" uuid NOT NULL,
	"id" uuid DEFAULT new_id() NOT NULL,
	"provider" text NOT NULL,
	"label" text NOT NULL,
	"settings" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"connection_id" uuid,
	"sealed" "bytea",
	"key_id" text NOT NULL,
	"user_code" text NOT NULL,
	"verification_url" text NOT NULL,
	"interval_seconds" integer NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"message" text,
	"requested_by" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "device_consents_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "device_consents" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "lead_overrides" (
	"tenant_id" uuid NOT NULL,
	"lead_id" uuid NOT NULL,
	"field" text NOT NULL,
	"value" text,
	"source_value" text,
	"connection_id" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_by" uuid,
	CONSTRAINT "lead_overrides_tenant_id_lead_id_field_pk" PRIMARY KEY("tenant_id","lead_id","field")
);
--> statement-breakpoint
ALTER TABLE "lead_overrides" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "lead_words" (
	"tenant_id" uuid NOT NULL,
	"word" text NOT NULL,
	"lead_id" uuid NOT NULL,
	CONSTRAINT "lead_words_tenant_id_word_lead_id_pk" PRIMARY KEY("tenant_id","word","lead_id")
);
--> statement-breakpoint
ALTER TABLE "lead_words" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "companies" (
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
	"name" text NOT NULL,
	"website" text,
	"domain" text,
	"email" text,
	"phone" text,
	"industry" text,
	"employees" integer,
	"revenue" numeric(14, 2),
	"city" text,
	"country" text,
	CONSTRAINT "companies_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "companies_source" UNIQUE("tenant_id","connection_id","external_id","stream")
);
--> statement-breakpoint
ALTER TABLE "companies" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "contacts" (
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
	"name" text NOT NULL,
	"email" text,
	"domain" text,
	"phone" text,
	"job_title" text,
	"company_id" text,
	CONSTRAINT "contacts_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "contacts_source" UNIQUE("tenant_id","connection_id","external_id","stream")
);
--> statement-breakpoint
ALTER TABLE "contacts" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "company_domains" (
	"tenant_id" uuid NOT NULL,
	"domain" text NOT NULL,
	"name" text,
	"azure_tenant_id" text,
	"referral_type" text,
	"employees" integer,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"scan_due_at" timestamp with time zone,
	"scan_attempts" integer DEFAULT 0 NOT NULL,
	"evidence" jsonb,
	"scanned_at" timestamp with time zone,
	"score" integer,
	"segment" text,
	"priority" integer,
	"mail_provider" text,
	"tenant_size" text,
	"breakdown" jsonb,
	"model_version" integer,
	"scored_at" timestamp with time zone,
	CONSTRAINT "company_domains_tenant_id_domain_pk" PRIMARY KEY("tenant_id","domain")
);
--> statement-breakpoint
ALTER TABLE "company_domains" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "score_models" (
	"tenant_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"weights" jsonb NOT NULL,
	"note" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_by" uuid,
	CONSTRAINT "score_models_tenant_id_version_pk" PRIMARY KEY("tenant_id","version")
);
--> statement-breakpoint
ALTER TABLE "score_models" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "push_conflicts" (
	"tenant_id" uuid NOT NULL,
	"id" uuid DEFAULT new_id() NOT NULL,
	"push_id" uuid NOT NULL,
	"field" text NOT NULL,
	"ours" text,
	"theirs" text,
	"base" text,
	"found_at" timestamp with time zone DEFAULT now() NOT NULL,
	"resolved_at" timestamp with time zone,
	"resolution" text,
	"resolved_by" uuid,
	CONSTRAINT "push_conflicts_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "push_conflicts" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "push_events" (
	"tenant_id" uuid NOT NULL,
	"id" uuid DEFAULT new_id() NOT NULL,
	"push_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"attempt" integer NOT NULL,
	"step" text NOT NULL,
	"method" text,
	"path" text,
	"status" integer,
	"request" jsonb,
	"response" jsonb,
	"outcome" text NOT NULL,
	"message" text,
	"ms" integer,
	"actor" uuid,
	CONSTRAINT "push_events_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "push_events" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "push_mappings" (
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"fields" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_by" uuid,
	CONSTRAINT "push_mappings_tenant_id_connection_id_version_pk" PRIMARY KEY("tenant_id","connection_id","version")
);
--> statement-breakpoint
ALTER TABLE "push_mappings" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "push_targets" (
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"metadata" jsonb NOT NULL,
	"fetched_at" timestamp with time zone NOT NULL,
	CONSTRAINT "push_targets_tenant_id_connection_id_pk" PRIMARY KEY("tenant_id","connection_id")
);
--> statement-breakpoint
ALTER TABLE "push_targets" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "pushes" (
	"tenant_id" uuid NOT NULL,
	"id" uuid DEFAULT new_id() NOT NULL,
	"connection_id" uuid NOT NULL,
	"lead_id" uuid NOT NULL,
	"state" text NOT NULL,
	"requested_at" timestamp with time zone DEFAULT now() NOT NULL,
	"requested_by" uuid,
	"due_at" timestamp with time zone,
	"lease" integer DEFAULT 0 NOT NULL,
	"lease_until" timestamp with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"last_attempt_at" timestamp with time zone,
	"synced_at" timestamp with time zone,
	"remote_id" text,
	"remote_ids" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"base" jsonb,
	"payload_hash" text,
	"mapping_version" integer,
	"error_kind" text,
	"error_message" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "pushes_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "pushes_one_per_lead" UNIQUE("tenant_id","connection_id","lead_id")
);
--> statement-breakpoint
ALTER TABLE "pushes" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "saved_views" (
	"tenant_id" uuid NOT NULL,
	"id" uuid DEFAULT new_id() NOT NULL,
	"page" text NOT NULL,
	"name" text NOT NULL,
	"query" text NOT NULL,
	"owner_id" uuid,
	"created_by" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "saved_views_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "saved_views" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "webhook_deliveries" (
	"tenant_id" uuid NOT NULL,
	"id" uuid DEFAULT new_id() NOT NULL,
	"connection_id" uuid NOT NULL,
	"key" text NOT NULL,
	"event" text NOT NULL,
	"resource_id" text,
	"occurred_at" timestamp with time zone,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	"copies" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "webhook_deliveries_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "webhook_deliveries_event" UNIQUE("tenant_id","connection_id","key")
);
--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "website" text;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "domain" text;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "mirror_of" uuid;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "score" integer;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "sort_score" bigint DEFAULT -1 NOT NULL;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "segment" text;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "priority" integer;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "mail_provider" text;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "tenant_size" text;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "referral_type" text;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "push_state" text;--> statement-breakpoint
ALTER TABLE "referrals" ADD COLUMN "employees" integer;--> statement-breakpoint
ALTER TABLE "tenant_features" ADD CONSTRAINT "tenant_features_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "device_consents" ADD CONSTRAINT "device_consents_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lead_overrides" ADD CONSTRAINT "lead_overrides_tenant_id_lead_id_leads_tenant_id_id_fk" FOREIGN KEY ("tenant_id","lead_id") REFERENCES "public"."leads"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lead_words" ADD CONSTRAINT "lead_words_tenant_id_lead_id_leads_tenant_id_id_fk" FOREIGN KEY ("tenant_id","lead_id") REFERENCES "public"."leads"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "companies" ADD CONSTRAINT "companies_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contacts" ADD CONSTRAINT "contacts_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "score_models" ADD CONSTRAINT "score_models_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "push_conflicts" ADD CONSTRAINT "push_conflicts_tenant_id_push_id_pushes_tenant_id_id_fk" FOREIGN KEY ("tenant_id","push_id") REFERENCES "public"."pushes"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "push_events" ADD CONSTRAINT "push_events_tenant_id_push_id_pushes_tenant_id_id_fk" FOREIGN KEY ("tenant_id","push_id") REFERENCES "public"."pushes"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "push_mappings" ADD CONSTRAINT "push_mappings_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "push_targets" ADD CONSTRAINT "push_targets_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pushes" ADD CONSTRAINT "pushes_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "pushes" ADD CONSTRAINT "pushes_tenant_id_lead_id_leads_tenant_id_id_fk" FOREIGN KEY ("tenant_id","lead_id") REFERENCES "public"."leads"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "saved_views" ADD CONSTRAINT "saved_views_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "lead_words_by_lead" ON "lead_words" USING btree ("tenant_id","lead_id");--> statement-breakpoint
CREATE INDEX "companies_by_domain" ON "companies" USING btree ("tenant_id","domain") WHERE deleted_at is null and domain is not null;--> statement-breakpoint
CREATE INDEX "contacts_by_domain" ON "contacts" USING btree ("tenant_id","domain") WHERE deleted_at is null and domain is not null;--> statement-breakpoint
CREATE INDEX "company_domains_due" ON "company_domains" USING btree ("tenant_id","scan_due_at") WHERE "company_domains"."scan_due_at" is not null;--> statement-breakpoint
CREATE INDEX "push_conflicts_of_push" ON "push_conflicts" USING btree ("tenant_id","push_id","found_at");--> statement-breakpoint
CREATE UNIQUE INDEX "push_conflicts_one_open" ON "push_conflicts" USING btree ("tenant_id","push_id","field") WHERE "push_conflicts"."resolved_at" is null;--> statement-breakpoint
CREATE INDEX "push_events_of_push" ON "push_events" USING btree ("tenant_id","push_id","id");--> statement-breakpoint
CREATE INDEX "pushes_due" ON "pushes" USING btree ("tenant_id","connection_id","due_at") WHERE "pushes"."due_at" is not null;--> statement-breakpoint
CREATE INDEX "pushes_by_state" ON "pushes" USING btree ("tenant_id","state","updated_at");--> statement-breakpoint
CREATE INDEX "pushes_by_lead" ON "pushes" USING btree ("tenant_id","lead_id");--> statement-breakpoint
CREATE INDEX "pushes_by_remote" ON "pushes" USING btree ("tenant_id","connection_id","remote_id");--> statement-breakpoint
CREATE INDEX "saved_views_of_page" ON "saved_views" USING btree ("tenant_id","page","name");--> statement-breakpoint
CREATE INDEX "leads_by_score" ON "leads" USING btree ("tenant_id",sort_score,"id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "leads_by_segment" ON "leads" USING btree ("tenant_id","segment",(case when source_created_at is null then '-infinity'::timestamptz else source_created_at end),"id") WHERE deleted_at is null and segment is not null;--> statement-breakpoint
CREATE INDEX "leads_by_mail_provider" ON "leads" USING btree ("tenant_id","mail_provider",(case when source_created_at is null then '-infinity'::timestamptz else source_created_at end),"id") WHERE deleted_at is null and mail_provider is not null;--> statement-breakpoint
CREATE INDEX "leads_by_referral_type" ON "leads" USING btree ("tenant_id","referral_type",(case when source_created_at is null then '-infinity'::timestamptz else source_created_at end),"id") WHERE deleted_at is null and referral_type is not null;--> statement-breakpoint
CREATE INDEX "leads_by_push_state" ON "leads" USING btree ("tenant_id","push_state",(case when source_created_at is null then '-infinity'::timestamptz else source_created_at end),"id") WHERE deleted_at is null and push_state is not null;--> statement-breakpoint
CREATE INDEX "leads_by_domain" ON "leads" USING btree ("tenant_id","domain","id") WHERE deleted_at is null and domain is not null;--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "tenant_features" AS PERMISSIVE FOR ALL TO public USING ("tenant_features"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("tenant_features"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "device_consents" AS PERMISSIVE FOR ALL TO public USING ("device_consents"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("device_consents"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "lead_overrides" AS PERMISSIVE FOR ALL TO public USING ("lead_overrides"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("lead_overrides"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "lead_words" AS PERMISSIVE FOR ALL TO public USING ("lead_words"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("lead_words"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "companies" AS PERMISSIVE FOR ALL TO public USING ("companies"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("companies"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "contacts" AS PERMISSIVE FOR ALL TO public USING ("contacts"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("contacts"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "company_domains" AS PERMISSIVE FOR ALL TO public USING ("company_domains"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("company_domains"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "score_models" AS PERMISSIVE FOR ALL TO public USING ("score_models"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("score_models"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "push_conflicts" AS PERMISSIVE FOR ALL TO public USING ("push_conflicts"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("push_conflicts"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "push_events" AS PERMISSIVE FOR ALL TO public USING ("push_events"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("push_events"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "push_mappings" AS PERMISSIVE FOR ALL TO public USING ("push_mappings"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("push_mappings"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "push_targets" AS PERMISSIVE FOR ALL TO public USING ("push_targets"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("push_targets"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "pushes" AS PERMISSIVE FOR ALL TO public USING ("pushes"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("pushes"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "saved_views" AS PERMISSIVE FOR ALL TO public USING ("saved_views"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("saved_views"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "webhook_deliveries" AS PERMISSIVE FOR ALL TO public USING ("webhook_deliveries"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("webhook_deliveries"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);