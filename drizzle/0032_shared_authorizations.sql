CREATE TABLE "borrowed_authorizations" (
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"owner_tenant_id" uuid NOT NULL,
	"owner_connection_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "borrowed_authorizations_tenant_id_connection_id_pk" PRIMARY KEY("tenant_id","connection_id")
);
--> statement-breakpoint
ALTER TABLE "borrowed_authorizations" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "lent_authorizations" (
	"tenant_id" uuid NOT NULL,
	"connection_id" uuid NOT NULL,
	"borrower_tenant_id" uuid NOT NULL,
	"borrower_connection_id" uuid NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "lent_authorizations_pk" PRIMARY KEY("tenant_id","connection_id","borrower_tenant_id","borrower_connection_id")
);
--> statement-breakpoint
ALTER TABLE "lent_authorizations" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "borrowed_authorizations" ADD CONSTRAINT "borrowed_authorizations_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "lent_authorizations" ADD CONSTRAINT "lent_authorizations_tenant_id_connection_id_connections_tenant_id_id_fk" FOREIGN KEY ("tenant_id","connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "borrowed_authorizations" AS PERMISSIVE FOR ALL TO public USING ("borrowed_authorizations"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("borrowed_authorizations"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "lent_authorizations" AS PERMISSIVE FOR ALL TO public USING ("lent_authorizations"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("lent_authorizations"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);