CREATE TABLE "write_backs" (
	"tenant_id" uuid NOT NULL,
	"id" uuid DEFAULT new_id() NOT NULL,
	"connection_id" uuid NOT NULL,
	"stream" text NOT NULL,
	"external_id" text NOT NULL,
	"requested_by" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"before" jsonb NOT NULL,
	"wanted" jsonb NOT NULL,
	"outcome" text DEFAULT 'sent' NOT NULL,
	"finished_at" timestamp with time zone,
	"status" integer,
	"request" jsonb,
	"response" jsonb,
	"message" text,
	CONSTRAINT "write_backs_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "write_backs" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "wakes" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "sync_runs" ADD COLUMN "wakes" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "write_backs" ADD CONSTRAINT "write_backs_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "write_backs_of_record" ON "write_backs" USING btree ("tenant_id","connection_id","stream","external_id","id");--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "write_backs" AS PERMISSIVE FOR ALL TO public USING ("write_backs"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("write_backs"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);