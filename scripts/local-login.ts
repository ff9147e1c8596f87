import pg from 'pg';
import { appRole } from '../src/lib/platform/db/pool.ts';
import { loginName } from './environment.ts';

/**
 * Creates the login of web and worker on the embedded server: it is not a superuser and can only
 * switch to the application role.
 */
export async function createLogin(ownerUrl: string, appPassword: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    const found = await client.query('select 1 from pg_roles where rolname = $1', [loginName]);
    const verb = found.rowCount ? 'alter' : 'create';
    await client.query(
      `${verb} role ${loginName} login noinherit password ${client.escapeLiteral(appPassword)}`,
    );
    await client.query(`grant ${appRole} to ${loginName}`);
  } finally {
    await client.end();
  }
}
