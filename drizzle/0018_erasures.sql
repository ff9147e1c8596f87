CREATE TABLE "erasure_keys" (
	"tenant_id" uuid NOT NULL,
	"sealed" "bytea" NOT NULL,
	"key_id" text NOT NULL,
	CONSTRAINT "erasure_keys_tenant_id_pk" PRIMARY KEY("tenant_id")
);
--> statement-breakpoint
ALTER TABLE "erasure_keys" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "erasure_marks" (
	"tenant_id" uuid NOT NULL,
	"digest" "bytea" NOT NULL,
	"erasure_id" uuid NOT NULL,
	"words" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "erasure_marks_tenant_id_erasure_id_digest_pk" PRIMARY KEY("tenant_id","erasure_id","digest")
);
--> statement-breakpoint
ALTER TABLE "erasure_marks" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE TABLE "erasures" (
	"tenant_id" uuid NOT NULL,
	"id" uuid DEFAULT new_id() NOT NULL,
	"sought_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"requested_by" uuid,
	"requested_by_name" text NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"found" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"removed" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"changed" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"position" jsonb,
	"finished_at" timestamp with time zone,
	"kept_out" integer DEFAULT 0 NOT NULL,
	"kept_out_at" timestamp with time zone,
	"lifted_at" timestamp with time zone,
	"lifted_by" uuid,
	"lifted_by_name" text,
	CONSTRAINT "erasures_tenant_id_id_pk" PRIMARY KEY("tenant_id","id")
);
--> statement-breakpoint
ALTER TABLE "erasures" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
ALTER TABLE "erasure_keys" ADD CONSTRAINT "erasure_keys_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "erasure_marks" ADD CONSTRAINT "erasure_marks_tenant_id_erasure_id_erasures_tenant_id_id_fk" FOREIGN KEY ("tenant_id","erasure_id") REFERENCES "public"."erasures"("tenant_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "erasures" ADD CONSTRAINT "erasures_tenant_id_tenants_id_fk" FOREIGN KEY ("tenant_id") REFERENCES "public"."tenants"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "erasures_in_force" ON "erasures" USING btree ("tenant_id","id") WHERE "erasures"."lifted_at" is null;--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "erasure_keys" AS PERMISSIVE FOR ALL TO public USING ("erasure_keys"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("erasure_keys"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "erasure_marks" AS PERMISSIVE FOR ALL TO public USING ("erasure_marks"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("erasure_marks"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "erasures" AS PERMISSIVE FOR ALL TO public USING ("erasures"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("erasures"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);