CREATE TABLE "action_choices" (
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"choices" jsonb NOT NULL,
	"fetched_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "action_choices_tenant_id_connection_id_pk" PRIMARY KEY("tenant_id","connection_id")
);
--> statement-breakpoint
ALTER TABLE "action_choices" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "write_backs" ADD COLUMN "action" text DEFAULT 'status' NOT NULL;--> statement-breakpoint
ALTER TABLE "write_backs" ADD COLUMN "departed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "action_choices" ADD CONSTRAINT "action_choices_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "action_choices" AS PERMISSIVE FOR ALL TO public USING ("action_choices"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("action_choices"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);