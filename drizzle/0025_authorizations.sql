CREATE TABLE "authorizations" (
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"account_id" text,
	"account_name" text,
	"scopes_asked" text[] NOT NULL,
	"scopes_granted" text[],
	"authorized_by" uuid,
	"authorized_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "authorizations_tenant_id_connection_id_pk" PRIMARY KEY("tenant_id","connection_id")
);
--> statement-breakpoint
ALTER TABLE "authorizations" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "device_consents" ALTER COLUMN "user_code" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "device_consents" ALTER COLUMN "verification_url" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "device_consents" ALTER COLUMN "interval_seconds" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "connections" ADD COLUMN "auth" text;--> statement-breakpoint
ALTER TABLE "device_consents" ADD COLUMN "auth" text;--> statement-breakpoint
ALTER TABLE "device_consents" ADD COLUMN "attempt" text;--> statement-breakpoint
ALTER TABLE "device_consents" ADD COLUMN "attempt_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "authorizations" ADD CONSTRAINT "authorizations_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "authorizations" AS PERMISSIVE FOR ALL TO public USING ("authorizations"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("authorizations"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);