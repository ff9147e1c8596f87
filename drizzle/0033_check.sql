CREATE TABLE "connection_streams" (
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"name" text NOT NULL,
	"label" text NOT NULL,
	"entity" text NOT NULL,
	"object" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_by" uuid,
	"removed_at" timestamp with time zone,
	CONSTRAINT "connection_streams_tenant_id_connection_id_name_pk" PRIMARY KEY("tenant_id","connection_id","name")
);
--> statement-breakpoint
ALTER TABLE "connection_streams" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "stream_fields" (
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"stream" text NOT NULL,
	"fields" jsonb NOT NULL,
	"described_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "stream_fields_tenant_id_connection_id_stream_pk" PRIMARY KEY("tenant_id","connection_id","stream")
);
--> statement-breakpoint
ALTER TABLE "stream_fields" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "connection_streams" ADD CONSTRAINT "connection_streams_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "stream_fields" ADD CONSTRAINT "stream_fields_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "connection_streams" AS PERMISSIVE FOR ALL TO public USING ("connection_streams"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("connection_streams"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "stream_fields" AS PERMISSIVE FOR ALL TO public USING ("stream_fields"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("stream_fields"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);