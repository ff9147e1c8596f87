CREATE TABLE "stream_mappings" (
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"stream" text NOT NULL,
	"version" integer NOT NULL,
	"overrides" jsonb NOT NULL,
	"note" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_by" uuid,
	CONSTRAINT "stream_mappings_tenant_id_connection_id_stream_version_pk" PRIMARY KEY("tenant_id","connection_id","stream","version")
);
--> statement-breakpoint
ALTER TABLE "stream_mappings" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "stream_states" ADD COLUMN "reread_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "stream_mappings" ADD CONSTRAINT "stream_mappings_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "stream_mappings" AS PERMISSIVE FOR ALL TO public USING ("stream_mappings"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("stream_mappings"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);