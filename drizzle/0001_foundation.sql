CREATE TABLE "tenants" (
	"id" uuid PRIMARY KEY DEFAULT new_id() NOT NULL,
	"name" text NOT NULL,
	"slug" text NOT NULL,
	"logo" text,
	"metadata" text,
	"time_zone" text DEFAULT 'UTC' NOT NULL,
	"currency" text DEFAULT 'USD' NOT NULL,
	"accent" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"archived_at" timestamp with time zone,
	CONSTRAINT "tenants_slug_unique" UNIQUE("slug"),
	CONSTRAINT "tenants_slug_form" CHECK ("tenants"."slug" ~ '^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$')
);
--> statement-breakpoint
CREATE TABLE "accounts" (
	"id" uuid PRIMARY KEY DEFAULT new_id() NOT NULL,
	"account_id" text NOT NULL,
	"provider_id" text NOT NULL,
	"user_id" uuid NOT NULL,
	"access_token" text,
	"refresh_token" text,
	"id_token" text,
	"access_token_expires_at" timestamp with time zone,
	"refresh_token_expires_at" timestamp with time zone,
	"scope" text,
	"password" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "accounts_provider_account" UNIQUE("provider_id","account_id")
);
--> statement-breakpoint
CREATE TABLE "invitations" (
	"id" uuid PRIMARY KEY DEFAULT new_id() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"email" text NOT NULL,
	"role" text,
	"status" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"inviter_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "memberships" (
	"id" uuid PRIMARY KEY DEFAULT new_id() NOT NULL,
	"tenant_id" uuid NOT NULL,
	"user_id" uuid NOT NULL,
	"role" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "memberships_tenant_user" UNIQUE("tenant_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "rate_limits" (
	"id" uuid PRIMARY KEY DEFAULT new_id() NOT NULL,
	"key" text NOT NULL,
	"count" integer NOT NULL,
	"last_request" bigint NOT NULL,
	CONSTRAINT "rate_limits_key_unique" UNIQUE("key")
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"id" uuid PRIMARY KEY DEFAULT new_id() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"token" text NOT NULL,
	"ip_address" text,
	"user_agent" text,
	"user_id" uuid NOT NULL,
	"active_tenant_id" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sessions_token_unique" UNIQUE("token")
);
--> statement-breakpoint
CREATE TABLE "staff_grants" (
	"id" uuid PRIMARY KEY DEFAULT new_id() NOT NULL,
	"user_id" uuid NOT NULL,
	"tenant_id" uuid,
	"granted_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "staff_grants_user_tenant" UNIQUE NULLS NOT DISTINCT("user_id","tenant_id")
);
--> statement-breakpoint
CREATE TABLE "two_factors" (
	"id" uuid PRIMARY KEY DEFAULT new_id() NOT NULL,
	"secret" text NOT NULL,
	"backup_codes" text NOT NULL,
	"user_id" uuid NOT NULL,
	"verified" boolean DEFAULT true,
	"failed_verification_count" integer DEFAULT 0,
	"locked_until" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" uuid PRIMARY KEY DEFAULT new_id() NOT NULL,
	"name" text NOT NULL,
	"email" text NOT NULL,
	"email_verified" boolean DEFAULT false NOT NULL,
	"image" text,
	"two_factor_enabled" boolean DEFAULT false,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "users_email_unique" UNIQUE("email")
);
--> statement-breakpoint
CREATE TABLE "verifications" (
	"id" uuid PRIMARY KEY DEFAULT new_id() NOT NULL,
	"identifier" text NOT NULL,
	"value" text NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "connections" (
	"tenant_id" uuid NOT NULL,
	"id" uuid DEFAULT new_id() NOT NULL,
	"provider" text NOT NULL,
	"label" text NOT NULL,
	"settings" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"status" text DEFAULT 'active' NOT NULL,
	"status_reason" text,
	"due_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "connections_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "connections_status" CHECK ("connections"."status" in ('active', 'paused', 'needs_reconnect'))
);
--> statement-breakpoint
ALTER TABLE "connections" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "credentials" (
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"name" text NOT NULL,
	"sealed" "bytea" NOT NULL,
	"key_id" text NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "credentials_tenant_id_connection_id_name_pk" PRIMARY KEY("tenant_id","connection_id","name")
);
--> statement-breakpoint
ALTER TABLE "credentials" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "raw_bodies" (
	"tenant_id" uuid NOT NULL,
	"sha256" "bytea" NOT NULL,
	"compressed" "bytea" NOT NULL,
	"size" integer NOT NULL,
	CONSTRAINT "raw_bodies_tenant_id_sha256_pk" PRIMARY KEY("tenant_id","sha256")
);
--> statement-breakpoint
ALTER TABLE "raw_bodies" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "raw_snapshots" (
	"tenant_id" uuid NOT NULL,
	"id" uuid DEFAULT new_id() NOT NULL,
	"connection_id" uuid NOT NULL,
	"run_id" uuid NOT NULL,
	"stream" text NOT NULL,
	"pass_id" uuid NOT NULL,
	"page_no" integer NOT NULL,
	"partition" text,
	"received_at" timestamp with time zone NOT NULL,
	"status" integer NOT NULL,
	"content_type" text NOT NULL,
	"sha256" "bytea" NOT NULL,
	"external_ids" text[] NOT NULL,
	CONSTRAINT "raw_snapshots_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "raw_snapshots" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "record_errors" (
	"tenant_id" uuid NOT NULL,
	"id" uuid DEFAULT new_id() NOT NULL,
	"connection_id" uuid NOT NULL,
	"stream" text NOT NULL,
	"item_key" text NOT NULL,
	"run_id" uuid NOT NULL,
	"snapshot_id" uuid NOT NULL,
	"item_index" integer NOT NULL,
	"reason" text NOT NULL,
	"payload" text NOT NULL,
	"attempts" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"resolved_at" timestamp with time zone,
	CONSTRAINT "record_errors_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "record_errors_item" UNIQUE("tenant_id","connection_id","stream","item_key")
);
--> statement-breakpoint
ALTER TABLE "record_errors" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "stream_states" (
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"stream" text NOT NULL,
	"cursor" jsonb,
	"high_water" jsonb,
	"pass_id" uuid,
	"pass_started_at" timestamp with time zone,
	"pass_pages" integer DEFAULT 0 NOT NULL,
	"fresh_at" timestamp with time zone,
	"deletion_held_at" timestamp with time zone,
	"deletion_held_count" integer,
	"touched_at" timestamp with time zone,
	"version" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "stream_states_tenant_id_connection_id_stream_pk" PRIMARY KEY("tenant_id","connection_id","stream")
);
--> statement-breakpoint
ALTER TABLE "stream_states" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "sync_run_streams" (
	"tenant_id" uuid NOT NULL,
	"run_id" uuid NOT NULL,
	"stream" text NOT NULL,
	"pass_id" uuid NOT NULL,
	"status" text DEFAULT 'running' NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	"pages" integer DEFAULT 0 NOT NULL,
	"fetched" integer DEFAULT 0 NOT NULL,
	"inserted" integer DEFAULT 0 NOT NULL,
	"changed" integer DEFAULT 0 NOT NULL,
	"unchanged" integer DEFAULT 0 NOT NULL,
	"rejected" integer DEFAULT 0 NOT NULL,
	"deleted" integer DEFAULT 0 NOT NULL,
	"error_kind" text,
	"error_message" text,
	CONSTRAINT "sync_run_streams_tenant_id_run_id_stream_pk" PRIMARY KEY("tenant_id","run_id","stream"),
	CONSTRAINT "sync_run_streams_books" CHECK ("sync_run_streams"."fetched" = "sync_run_streams"."inserted" + "sync_run_streams"."changed" + "sync_run_streams"."unchanged" + "sync_run_streams"."rejected")
);
--> statement-breakpoint
ALTER TABLE "sync_run_streams" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "sync_runs" (
	"tenant_id" uuid NOT NULL,
	"id" uuid DEFAULT new_id() NOT NULL,
	"connection_id" uuid NOT NULL,
	"trigger" text NOT NULL,
	"requested_by" uuid,
	"status" text DEFAULT 'running' NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone,
	"heartbeat_at" timestamp with time zone DEFAULT now() NOT NULL,
	"records_updated" integer DEFAULT 0 NOT NULL,
	"error_kind" text,
	"error_message" text,
	CONSTRAINT "sync_runs_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "sync_runs_status" CHECK ("sync_runs"."status" in ('running', 'success', 'partial', 'failed'))
);
--> statement-breakpoint
ALTER TABLE "sync_runs" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "leads" (
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
	"sort_name" text NOT NULL,
	"company" text,
	"email" text,
	"phone" text,
	"city" text,
	"state" text,
	"source" text,
	"status" text NOT NULL,
	"qualified" boolean NOT NULL,
	"deal_value" numeric(14, 2),
	"sort_cents" bigint NOT NULL,
	"assigned_to" text,
	"summary" text,
	CONSTRAINT "leads_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "leads_source" UNIQUE("tenant_id","connection_id","external_id","stream")
);
--> statement-breakpoint
ALTER TABLE "leads" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "opportunities" (
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
	"company" text,
	"source" text,
	"stage" text NOT NULL,
	"stage_entered_at" timestamp with time zone NOT NULL,
	"outcome" text NOT NULL,
	"value" numeric(14, 2),
	"sort_cents" bigint NOT NULL,
	"market" text,
	"units" integer NOT NULL,
	"franchise_fee" numeric(14, 2),
	"likely_pct" real NOT NULL,
	CONSTRAINT "opportunities_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "opportunities_source" UNIQUE("tenant_id","connection_id","external_id","stream")
);
--> statement-breakpoint
ALTER TABLE "opportunities" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "notes" (
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
	"contact_id" text NOT NULL,
	"note_date" timestamp with time zone,
	"author" text,
	"content" text NOT NULL,
	CONSTRAINT "notes_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "notes_source" UNIQUE("tenant_id","connection_id","external_id","stream")
);
--> statement-breakpoint
ALTER TABLE "notes" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "scheduled_activities" (
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
	"activity_type" text NOT NULL,
	"scheduled_at" timestamp with time zone NOT NULL,
	"contact_name" text,
	"description" text,
	"status" text,
	CONSTRAINT "scheduled_activities_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "scheduled_activities_source" UNIQUE("tenant_id","connection_id","external_id","stream")
);
--> statement-breakpoint
ALTER TABLE "scheduled_activities" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "stages" (
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
	"name" text NOT NULL,
	"active" boolean NOT NULL,
	"position" integer NOT NULL,
	"outcome" text NOT NULL,
	"likely_pct" real NOT NULL,
	CONSTRAINT "stages_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "stages_source" UNIQUE("tenant_id","connection_id","external_id","stream")
);
--> statement-breakpoint
ALTER TABLE "stages" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "lead_metrics" (
	"tenant_id" uuid NOT NULL,
	"dimension" text NOT NULL,
	"day" date NOT NULL,
	"key" text NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "lead_metrics_tenant_id_dimension_day_key_pk" PRIMARY KEY("tenant_id","dimension","day","key")
);
--> statement-breakpoint
ALTER TABLE "lead_metrics" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "pipeline_stage_counts" (
	"tenant_id" uuid NOT NULL,
	"day" date NOT NULL,
	"stage" text NOT NULL,
	"count" integer NOT NULL,
	"valued" integer NOT NULL,
	"value" numeric(20, 2) NOT NULL,
	"entered_seconds" bigint NOT NULL,
	"hot" integer NOT NULL,
	"weighted" numeric(24, 2) NOT NULL,
	CONSTRAINT "pipeline_stage_counts_tenant_id_day_stage_pk" PRIMARY KEY("tenant_id","day","stage")
);
--> statement-breakpoint
ALTER TABLE "pipeline_stage_counts" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "hot_list_items" (
	"tenant_id" uuid NOT NULL,
	"opportunity_id" uuid NOT NULL,
	"candidate_name" text NOT NULL,
	"market" text,
	"units" integer NOT NULL,
	"franchise_fee" numeric(14, 2) NOT NULL,
	"weighted_iff" numeric(20, 2) NOT NULL,
	"weighted_cents" bigint NOT NULL,
	"stage" text NOT NULL,
	"likely_pct" real NOT NULL,
	CONSTRAINT "hot_list_items_tenant_id_opportunity_id_pk" PRIMARY KEY("tenant_id","opportunity_id")
);
--> statement-breakpoint
ALTER TABLE "hot_list_items" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "stage_entries" (
	"tenant_id" uuid NOT NULL,
	"stage" text NOT NULL,
	"entered_on" date NOT NULL,
	"count" integer NOT NULL,
	CONSTRAINT "stage_entries_tenant_id_stage_entered_on_pk" PRIMARY KEY("tenant_id","stage","entered_on")
);
--> statement-breakpoint
ALTER TABLE "stage_entries" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "reports" (
	"tenant_id" uuid NOT NULL,
	"id" uuid DEFAULT new_id() NOT NULL,
	"title" text NOT NULL,
	"page" text NOT NULL,
	"period" text NOT NULL,
	"html" text NOT NULL,
	"published_at" timestamp with time zone DEFAULT now() NOT NULL,
	"published_by" uuid NOT NULL,
	"publisher_name" text NOT NULL,
	"data_as_of" timestamp with time zone,
	CONSTRAINT "reports_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "reports" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "accounts" ADD CONSTRAINT "accounts_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "invitations" ADD CONSTRAINT "invitations_inviter_id_users_id_fk" FOREIGN KEY ("inviter_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_active_tenant_id_tenants_id_fk" FOREIGN KEY ("active_tenant_id") REFERENCES "public"."tenants"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "staff_grants" ADD CONSTRAINT "staff_grants_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "staff_grants" ADD CONSTRAINT "staff_grants_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "two_factors" ADD CONSTRAINT "two_factors_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "connections" ADD CONSTRAINT "connections_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "credentials" ADD CONSTRAINT "credentials_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "raw_snapshots" ADD CONSTRAINT "raw_snapshots_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "raw_snapshots" ADD CONSTRAINT "raw_snapshots_tenant_id_sha256_raw_bodies_tenant_id_sha256_fk" FOREIGN KEY ("tenant_id","sha256") REFERENCES "public"."raw_bodies"("tenant_id","sha256") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "record_errors" ADD CONSTRAINT "record_errors_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stream_states" ADD CONSTRAINT "stream_states_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sync_run_streams" ADD CONSTRAINT "sync_run_streams_tenant_id_run_id_sync_runs_tenant_id_id_fk" FOREIGN KEY ("tenant_id","run_id") REFERENCES "public"."sync_runs"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sync_runs" ADD CONSTRAINT "sync_runs_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "leads" ADD CONSTRAINT "leads_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "opportunities" ADD CONSTRAINT "opportunities_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "notes" ADD CONSTRAINT "notes_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "scheduled_activities" ADD CONSTRAINT "scheduled_activities_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stages" ADD CONSTRAINT "stages_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "hot_list_items" ADD CONSTRAINT "hot_list_items_tenant_id_opportunity_id_opportunities_tenant_id_id_fk" FOREIGN KEY ("tenant_id","opportunity_id") REFERENCES "public"."opportunities"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reports" ADD CONSTRAINT "reports_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "accounts_user" ON "accounts" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "invitations_tenant_email" ON "invitations" USING btree ("tenant_id","email");--> statement-breakpoint
CREATE INDEX "memberships_user" ON "memberships" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "sessions_user" ON "sessions" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "two_factors_user" ON "two_factors" USING btree ("user_id");--> statement-breakpoint
CREATE INDEX "verifications_identifier" ON "verifications" USING btree ("identifier");--> statement-breakpoint
CREATE INDEX "raw_snapshots_pass" ON "raw_snapshots" USING btree ("tenant_id","connection_id","stream","pass_id");--> statement-breakpoint
CREATE INDEX "raw_snapshots_body" ON "raw_snapshots" USING btree ("tenant_id","sha256");--> statement-breakpoint
CREATE UNIQUE INDEX "sync_runs_one_running" ON "sync_runs" USING btree ("tenant_id","connection_id") WHERE "sync_runs"."status" = 'running';--> statement-breakpoint
CREATE INDEX "sync_runs_newest" ON "sync_runs" USING btree ("tenant_id","connection_id","started_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "leads_by_created" ON "leads" USING btree ("tenant_id",(case when source_created_at is null then '-infinity'::timestamptz else source_created_at end),"id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "leads_by_updated" ON "leads" USING btree ("tenant_id",(case when source_updated_at is null then '-infinity'::timestamptz else source_updated_at end),"id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "leads_by_name" ON "leads" USING btree ("tenant_id",sort_name,"id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "leads_by_value" ON "leads" USING btree ("tenant_id",sort_cents,"id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "leads_by_source" ON "leads" USING btree ("tenant_id","source",(case when source_created_at is null then '-infinity'::timestamptz else source_created_at end),"id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "leads_by_status" ON "leads" USING btree ("tenant_id","status",(case when source_created_at is null then '-infinity'::timestamptz else source_created_at end),"id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "leads_by_qualified" ON "leads" USING btree ("tenant_id","qualified",(case when source_created_at is null then '-infinity'::timestamptz else source_created_at end),"id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "leads_by_change" ON "leads" USING btree ("tenant_id","connection_id","changed_at","id");--> statement-breakpoint
CREATE INDEX "opportunities_by_value" ON "opportunities" USING btree ("tenant_id",sort_cents,"id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "opportunities_by_stage" ON "opportunities" USING btree ("tenant_id","stage",sort_cents,"id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "opportunities_by_entry" ON "opportunities" USING btree ("tenant_id",stage_entered_at,"id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "notes_by_date" ON "notes" USING btree ("tenant_id",(case when note_date is null then '-infinity'::timestamptz else note_date end),"id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "notes_by_contact" ON "notes" USING btree ("tenant_id","connection_id","stream","contact_id");--> statement-breakpoint
CREATE INDEX "scheduled_activities_by_time" ON "scheduled_activities" USING btree ("tenant_id","scheduled_at","id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "hot_list_items_ranked" ON "hot_list_items" USING btree ("tenant_id","weighted_cents","opportunity_id");--> statement-breakpoint
CREATE INDEX "reports_newest" ON "reports" USING btree ("tenant_id","published_at");--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "connections" AS PERMISSIVE FOR ALL TO public USING ("connections"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("connections"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "credentials" AS PERMISSIVE FOR ALL TO public USING ("credentials"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("credentials"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "raw_bodies" AS PERMISSIVE FOR ALL TO public USING ("raw_bodies"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("raw_bodies"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "raw_snapshots" AS PERMISSIVE FOR ALL TO public USING ("raw_snapshots"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("raw_snapshots"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "record_errors" AS PERMISSIVE FOR ALL TO public USING ("record_errors"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("record_errors"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "stream_states" AS PERMISSIVE FOR ALL TO public USING ("stream_states"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("stream_states"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "sync_run_streams" AS PERMISSIVE FOR ALL TO public USING ("sync_run_streams"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("sync_run_streams"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "sync_runs" AS PERMISSIVE FOR ALL TO public USING ("sync_runs"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("sync_runs"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "leads" AS PERMISSIVE FOR ALL TO public USING ("leads"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("leads"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "opportunities" AS PERMISSIVE FOR ALL TO public USING ("opportunities"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("opportunities"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "notes" AS PERMISSIVE FOR ALL TO public USING ("notes"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("notes"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "scheduled_activities" AS PERMISSIVE FOR ALL TO public USING ("scheduled_activities"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("scheduled_activities"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "stages" AS PERMISSIVE FOR ALL TO public USING ("stages"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("stages"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "lead_metrics" AS PERMISSIVE FOR ALL TO public USING ("lead_metrics"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("lead_metrics"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "pipeline_stage_counts" AS PERMISSIVE FOR ALL TO public USING ("pipeline_stage_counts"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("pipeline_stage_counts"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "hot_list_items" AS PERMISSIVE FOR ALL TO public USING ("hot_list_items"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("hot_list_items"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "stage_entries" AS PERMISSIVE FOR ALL TO public USING ("stage_entries"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("stage_entries"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "reports" AS PERMISSIVE FOR ALL TO public USING ("reports"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("reports"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);