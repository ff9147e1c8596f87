import { expect, it } from 'vitest';
import { useDatabase } from '../../helpers/database.ts';

const db = useDatabase();

it('the schema has no view, trigger or rule, and two SECURITY DEFINER functions, closed to the public', async () => {
  /**
   * One returns a number, and nothing of the rows that it deletes. The other returns ids of leads
   * of the tenant, and is owned by a role that can read nothing but their words.
   */
  const known = ['prune_audit_events', 'search_leads'];
  const openings = await db.query(
    `
    select relname as name
    from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('v', 'm', 'f')
    union all
    select proname
    from pg_proc
    where pronamespace = 'public'::regnamespace and proname <> all('{new_id}' || $1::text[])
    union all
    select proname
    from pg_proc
    where pronamespace in ('public'::regnamespace, 'drizzle'::regnamespace,
      'pgboss'::regnamespace) and prosecdef and proname <> all($1)
    union all
    select tgname
    from pg_trigger t
    join pg_class c on c.oid = t.tgrelid
    where c.relnamespace = 'public'::regnamespace and not tgisinternal
    union all select rulename from pg_rules where schemaname = 'public'`,
    [known],
  );
  expect(openings).toEqual([]);
  const definers = await db.query(
    `select proname as name, prorettype::regtype::text as returns, proconfig as settings,
       proretset as "asRows", has_function_privilege('public', oid, 'execute') as open,
       pg_get_userbyid(proowner) = 'tributary_search' as "ownedBySearch"
     from pg_proc where proname = any($1) order by 1`,
    [known],
  );
  expect(definers).toEqual([
    {
      name: 'prune_audit_events',
      returns: 'bigint',
      settings: ['search_path=pg_catalog, pg_temp'],
      asRows: false,
      open: false,
      ownedBySearch: false,
    },
    {
      name: 'search_leads',
      returns: 'uuid',
      settings: [
        'search_path=pg_catalog, pg_temp',
        'enable_seqscan=off',
        'plan_cache_mode=force_generic_plan',
      ],
      asRows: true,
      open: false,
      ownedBySearch: true,
    },
  ]);
});
