import pg from 'pg';
import { appRole, searchRole } from '../platform/db/pool.ts';

const signature = 'search_leads(uuid, text[], integer)';

/**
 * Gives the function that searches leads to the role `tributary_search`, and that role the right to
 * read the search words and nothing else. Runs as the owner of the database, after the migrations.
 *
 * Whoever gives a function away has to be a member of the new owner, which then has to be able to
 * create in its schema; both last for one transaction. An owner who did not create the role may not
 * make itself a member: the function then stays its own, where row-level security binds it to the
 * tenant and bars the index. Searches find the same, and read all words of the workspace. Returns
 * whether the index is used.
 */
export async function handOverSearch(client: pg.Client): Promise<boolean> {
  const own = await grantSearch(client);
  if (!own) return true;
  try {
    await client.query(`
      do $$
      declare
        may boolean := pg_has_role('${searchRole}',
          case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end);
      begin
        if not may then execute format('grant ${searchRole} to %I', current_user); end if;
        grant create on schema public to ${searchRole};
        alter function ${signature} owner to ${searchRole};
        revoke create on schema public from ${searchRole};
        if not may then execute format('revoke ${searchRole} from %I', current_user); end if;
      end $$`);
    return true;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === '42501') return false;
    throw error;
  }
}

/** Sets the rights; returns whether the function still has to be given away. */
async function grantSearch(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ owner: string }>(
    `select pg_get_userbyid(proowner) as owner from pg_proc
     where oid = 'public.${signature}'::regprocedure`,
  );
  await client.query(`
    revoke all on all tables in schema public, drizzle from ${searchRole};
    grant usage on schema public to ${searchRole};
    grant select on lead_terms to ${searchRole};`);
  if (rows[0]?.owner === searchRole) return false;
  await client.query(`
    revoke all on function ${signature} from public;
    grant execute on function ${signature} to ${appRole};`);
  return true;
}
