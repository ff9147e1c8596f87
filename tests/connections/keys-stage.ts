/*
 * Connections of two tenants whose secrets are sealed under known keys, anew for each test.
 */
import { afterEach, beforeAll, beforeEach } from 'vitest';
import { createConnection, type Connection } from '../../src/lib/connections/connections.ts';
import { resetConfig } from '../../src/lib/platform/config.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../helpers/database.ts';

export const db = useDatabase();
export const key = (id: string, byte: number) =>
  `${id}:${Buffer.alloc(32, byte).toString('base64')}`;
export const [one, two] = [key('k1', 1), key('k2', 2)];
export const useKeys = (...keys: string[]) => {
  process.env['TRIBUTARY_KEYS'] = keys.join(',');
  resetConfig();
};
export const secretsOf = (index: number) => ({
  webKey: `CT_key_${index}_0123`,
  accessToken: `token-${index}-0123`,
});
export const tenantIds: string[] = [];
export let connections: Connection[];

beforeAll(async () => {
  for (const slug of ['acme', 'birch', 'cedar'])
    tenantIds.push((await createTenant({ slug, name: slug })).id);
});
beforeEach(async () => {
  await db.query('delete from connections');
  await db.query('delete from encryption_keys');
  useKeys(one);
  connections = [];
  for (const index of Array(12).keys()) {
    connections.push(
      await createConnection({
        tenantId: tenantIds[index % 3] ?? '',
        provider: 'clienttether',
        settings: {},
        secrets: secretsOf(index),
      }),
    );
  }
});
afterEach(() => db.query('update tenants set archived_at = null'));
