CREATE TABLE "audit_events" (
	"id" uuid PRIMARY KEY DEFAULT new_id() NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	"tenant_id" uuid,
	"actor_kind" text NOT NULL,
	"actor_id" uuid,
	"actor_label" text,
	"address" text,
	"user_agent" text,
	"request_id" text,
	"action" text NOT NULL,
	"target_type" text,
	"target_id" text,
	"target_label" text,
	"before" jsonb,
	"after" jsonb,
	CONSTRAINT "audit_events_actor" CHECK ("audit_events"."actor_kind" in ('user', 'staff', 'operator', 'system', 'anonymous'))
);
--> statement-breakpoint
ALTER TABLE "audit_events" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE INDEX "audit_events_by_tenant" ON "audit_events" USING btree ("tenant_id","at","id");--> statement-breakpoint
CREATE INDEX "audit_events_newest" ON "audit_events" USING btree ("at","id");--> statement-breakpoint
CREATE POLICY "audit_events_read" ON "audit_events" AS PERMISSIVE FOR SELECT TO public USING ("audit_events"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid
        or current_setting('app.audit_scope', true) = 'installation');--> statement-breakpoint
CREATE POLICY "audit_events_append" ON "audit_events" AS PERMISSIVE FOR INSERT TO public WITH CHECK (nullif(current_setting('app.tenant_id', true), '')::uuid is null or "audit_events"."tenant_id" is null or "audit_events"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "audit_events_expire" ON "audit_events" AS PERMISSIVE FOR DELETE TO public USING ("audit_events"."at" < now() - interval '90 days');--> statement-breakpoint
-- The only way to delete events: the app role has no right to, and the policy above spares those of the last 90 days.
-- The setting lets the function see the rows of every workspace. It is set inside, because only a superuser may attach a
-- setting of our own to a function.
CREATE FUNCTION prune_audit_events(keep_days int) RETURNS bigint
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  AS $fn$
    DECLARE
      scope_before text := coalesce(current_setting('app.audit_scope', true), '');
      deleted bigint;
    BEGIN
      PERFORM set_config('app.audit_scope', 'installation', true);
      DELETE FROM public.audit_events
      WHERE at < now() - make_interval(days => greatest(keep_days, 90));
      GET DIAGNOSTICS deleted = ROW_COUNT;
      PERFORM set_config('app.audit_scope', scope_before, true);
      RETURN deleted;
    END
  $fn$;--> statement-breakpoint
REVOKE ALL ON FUNCTION prune_audit_events(int) FROM PUBLIC;
