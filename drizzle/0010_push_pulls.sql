CREATE TABLE "push_pulls" (
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"lead_id" uuid NOT NULL,
	"marked_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "push_pulls_tenant_id_connection_id_lead_id_pk" PRIMARY KEY("tenant_id","connection_id","lead_id")
);
--> statement-breakpoint
ALTER TABLE "push_pulls" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "push_pulls" ADD CONSTRAINT "push_pulls_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "push_pulls" AS PERMISSIVE FOR ALL TO public USING ("push_pulls"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("push_pulls"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);