CREATE TABLE "external_links" (
	"tenant_id" uuid NOT NULL,
	"id" uuid DEFAULT new_id() NOT NULL,
	"from_connection_id" uuid NOT NULL,
	"from_entity" text NOT NULL,
	"from_external_id" text NOT NULL,
	"to_connection_id" uuid NOT NULL,
	"to_entity" text NOT NULL,
	"to_external_id" text NOT NULL,
	"relation" text NOT NULL,
	"origin" text NOT NULL,
	"matched_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_by" uuid,
	"rejected_at" timestamp with time zone,
	CONSTRAINT "external_links_tenant_id_id_pk" PRIMARY KEY("tenant_id","id"),
	CONSTRAINT "external_links_once" UNIQUE("tenant_id","from_connection_id","from_entity","from_external_id","to_connection_id","to_entity","to_external_id","relation","origin")
);
--> statement-breakpoint
ALTER TABLE "external_links" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "leads" ADD COLUMN "email_key" text;--> statement-breakpoint
ALTER TABLE "opportunities" ADD COLUMN "mirror_of" uuid;--> statement-breakpoint
ALTER TABLE "contacts" ADD COLUMN "email_key" text;--> statement-breakpoint
ALTER TABLE "external_links" ADD CONSTRAINT "external_links_from_connection" FOREIGN KEY ("tenant_id","from_connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "external_links" ADD CONSTRAINT "external_links_to_connection" FOREIGN KEY ("tenant_id","to_connection_id") REFERENCES "public"."connections"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "external_links_by_target" ON "external_links" USING btree ("tenant_id","to_connection_id","to_entity","to_external_id");--> statement-breakpoint
CREATE INDEX "external_links_said" ON "external_links" USING btree ("tenant_id","from_connection_id","from_entity") WHERE origin in ('push', 'manual');--> statement-breakpoint
CREATE INDEX "leads_by_email" ON "leads" USING btree ("tenant_id","email_key") WHERE deleted_at is null and email_key is not null;--> statement-breakpoint
CREATE INDEX "opportunities_by_name" ON "opportunities" USING btree ("tenant_id","name","id") WHERE deleted_at is null;--> statement-breakpoint
CREATE INDEX "contacts_by_email" ON "contacts" USING btree ("tenant_id","email_key") WHERE deleted_at is null and email_key is not null;--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "external_links" AS PERMISSIVE FOR ALL TO public USING ("external_links"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("external_links"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
-- What pushes have created or found so far. Row-level security is lifted for the owner while this runs, in the same transaction.
ALTER TABLE "pushes" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "leads" NO FORCE ROW LEVEL SECURITY;--> statement-breakpoint
INSERT INTO "external_links" ("tenant_id", "from_connection_id", "from_entity", "from_external_id", "to_connection_id", "to_entity", "to_external_id", "relation", "origin")
SELECT p."tenant_id", l."connection_id", 'lead', l."external_id", p."connection_id",
  CASE remote.role WHEN 'deal' THEN 'opportunity' ELSE remote.role END, remote.id,
  CASE remote.role WHEN 'company' THEN 'parent' ELSE 'same' END, 'push'
FROM "pushes" AS p
JOIN "leads" AS l ON l."tenant_id" = p."tenant_id" AND l."id" = p."lead_id"
CROSS JOIN LATERAL (
  SELECT 'lead' AS role, p."remote_id" AS id WHERE p."remote_id" IS NOT NULL
  UNION ALL
  SELECT key, value FROM jsonb_each_text(p."remote_ids") WHERE key IN ('company', 'contact', 'deal')
) AS remote
ON CONFLICT DO NOTHING;
