CREATE TABLE "lead_terms" (
	"tenant_id" uuid NOT NULL,
	"lead_id" uuid NOT NULL,
	"terms" "tsvector" NOT NULL,
	CONSTRAINT "lead_terms_tenant_id_lead_id_pk" PRIMARY KEY("tenant_id","lead_id")
);
--> statement-breakpoint
-- Takes the words over from lead_words, one tenant after the other, because row-level security binds an owner who is no
-- superuser. Reading takes no lock that anybody waits for: lead_words serves the processes of the release before.
DO $do$
DECLARE
  tenant uuid;
BEGIN
  FOR tenant IN SELECT id FROM tenants ORDER BY id LOOP
    PERFORM set_config('app.tenant_id', tenant::text, true);
    INSERT INTO lead_terms (tenant_id, lead_id, terms)
    SELECT tenant, lead_id, array_to_tsvector(array_agg(substr(tenant::text, 25) || word))
    FROM lead_words WHERE tenant_id = tenant GROUP BY lead_id ORDER BY lead_id;
  END LOOP;
  PERFORM set_config('app.tenant_id', '', true);
END
$do$;--> statement-breakpoint
ALTER TABLE "lead_terms" ENABLE ROW LEVEL SECURITY;--> statement-breakpoint
CREATE INDEX "lead_terms_by_term" ON "lead_terms" USING gin ("terms") WITH (fastupdate=true,gin_pending_list_limit=256);--> statement-breakpoint
CREATE POLICY "tenant_isolation" ON "lead_terms" AS PERMISSIVE FOR ALL TO public USING ("lead_terms"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK ("lead_terms"."tenant_id" = nullif(current_setting('app.tenant_id', true), '')::uuid);--> statement-breakpoint
CREATE POLICY "search" ON "lead_terms" AS PERMISSIVE FOR SELECT TO "tributary_search" USING (true);--> statement-breakpoint
-- Ids of the tenant's leads that have, for each prefix, a word that begins with it: at most `at_most`, in no order. It is
-- the only way to the index, which row-level security bars. The migration makes tributary_search its owner
-- (src/lib/schema/search-function.ts), whose policy above shows it every row; so it is the function that keeps tenants apart:
-- it answers only for the tenant of the transaction, and with nothing at all when there is none, when another one is asked for,
-- or when a prefix holds anything but 0-9 and a-z. OFFSET 0 keeps the planner from reading all rows of the tenant by their
-- key; the settings keep it from reading the whole table, and from planning anew each time.
CREATE FUNCTION search_leads(tenant uuid, prefixes text[], at_most integer) RETURNS SETOF uuid
  LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  SET enable_seqscan = off
  SET plan_cache_mode = force_generic_plan
  AS $fn$
    DECLARE
      setting text := current_setting('app.tenant_id', true);
      own uuid;
      tag text;
      query tsquery;
    BEGIN
      IF setting IS NULL OR setting !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
        RETURN;
      END IF;
      own := setting::uuid;
      IF tenant IS DISTINCT FROM own OR cardinality(prefixes) IS DISTINCT FROM
        (SELECT count(*) FROM unnest(prefixes) AS prefix WHERE prefix COLLATE "C" ~ '^[0-9a-z]{1,60}$') THEN
        RETURN;
      END IF;
      tag := substr(own::text, 25);
      SELECT string_agg(format('''%s%s'':*', tag, prefix), ' & ')::tsquery INTO query
      FROM unnest(prefixes) AS prefix;
      RETURN QUERY
        SELECT found.lead_id
        FROM (
          SELECT t.tenant_id, t.lead_id FROM public.lead_terms AS t WHERE t.terms @@ query OFFSET 0
        ) AS found
        WHERE found.tenant_id = own
        LIMIT least(greatest(at_most, 0), 10000);
    END
  $fn$;--> statement-breakpoint
REVOKE ALL ON FUNCTION search_leads(uuid, text[], integer) FROM PUBLIC;
