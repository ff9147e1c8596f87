CREATE TABLE "event_subscriptions" (
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"account_id" text,
	"state" text,
	"reason" text,
	"ends_at" timestamp with time zone,
	"checked_at" timestamp with time zone,
	"check_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "event_subscriptions_tenant_id_connection_id_pk" PRIMARY KEY("tenant_id","connection_id"),
	CONSTRAINT "event_subscriptions_state" CHECK ("event_subscriptions"."state" in ('registered', 'unverified', 'failed'))
);
--> statement-breakpoint
ALTER TABLE "event_subscriptions" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "event_subscriptions" ADD CONSTRAINT "event_subscriptions_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "webhook_deliveries_newest" ON "webhook_deliveries" USING btree ("tenant_id","connection_id","received_at");--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "event_subscriptions" AS PERMISSIVE FOR ALL TO public USING ("event_subscriptions"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("event_subscriptions"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);