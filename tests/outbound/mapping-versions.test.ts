import { beforeAll, describe, expect, it } from 'vitest';
import { createConnection } from '#lib/connections/connections.ts';
import { restoreMapping, saveCheckedMapping } from '#lib/mappings/save.ts';
import { loadMapping } from '#lib/mappings/store.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../helpers/database.ts';
import { row, named } from './mapping-fields.ts';

const db = useDatabase();

describe('versions', () => {
  let tenantId: string;
  let connectionId: string;
  const settings = {
    baseUrl: 'http://127.0.0.1:9/',
    loginUrl: 'http://127.0.0.1:9/',
    tenantId: 'directory',
    clientId: 'app',
  };
  beforeAll(async () => {
    tenantId = (await createTenant({ slug: 'mapped', name: 'Mapped' })).id;
    connectionId = (
      await createConnection({
        tenantId,
        provider: 'dynamics-365',
        settings,
        secrets: { clientSecret: 'a-secret-0123' },
      })
    ).id;
  });

  it("begin with the provider's, grow with each save, and are put back as new ones", async () => {
    const own = await loadMapping(tenantId, connectionId);
    expect(own).toMatchObject({ version: 0, savedAt: null });
    expect(await saveCheckedMapping(tenantId, connectionId, own.fields, 0, connectionId)).toBe(0);
    expect(await saveCheckedMapping(tenantId, connectionId, [named], 0, connectionId)).toBe(1);
    await expect(
      saveCheckedMapping(tenantId, connectionId, [row('companyname', 'company')], 0, connectionId),
    ).rejects.toThrow('Someone else saved this mapping');
    await expect(
      saveCheckedMapping(tenantId, connectionId, [row('companyname', 'shoeSize')], 1, connectionId),
    ).rejects.toThrow('1 row has an error');
    expect(await restoreMapping(tenantId, connectionId, 0, connectionId)).toBe(2);
    expect((await loadMapping(tenantId, connectionId)).fields).toEqual(own.fields);
    await expect(restoreMapping(tenantId, connectionId, 9, connectionId)).rejects.toThrow(
      'no version 9',
    );
  });

  it('of two people who save at once one is told; another workspace sees none', async () => {
    const { version } = await loadMapping(tenantId, connectionId);
    const saves = await Promise.allSettled(
      ['company', 'domain'].map((source) =>
        saveCheckedMapping(
          tenantId,
          connectionId,
          [named, row('companyname', source)],
          version,
          connectionId,
        ),
      ),
    );
    expect(saves.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const other = await createTenant({ slug: 'unmapped', name: 'Unmapped' });
    await expect(loadMapping(other.id, connectionId)).rejects.toThrow('no such connection');
    expect(
      await db.query('select count(*)::int as count from push_mappings where tenant_id = $1', [
        other.id,
      ]),
    ).toEqual([{ count: 0 }]);
  });
});
