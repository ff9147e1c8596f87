import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { createConnection } from '#lib/connections/connections.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { readTenant } from '#lib/identity/tenancy/with-tenant.ts';
import {
  applyRowOverrides,
  findOutdatedRows,
  findRowOverrides,
  nameRow,
  updateOverrides,
} from '#lib/mappings/row-overrides.ts';
import { restoreMapping, saveCheckedMapping } from '#lib/mappings/save.ts';
import { compareVersions, listMappingVersions, loadMapping } from '#lib/mappings/store.ts';
import { objectRoles } from '#lib/connectors/contract/destination.ts';
import { useDatabase } from '../helpers/database.ts';
import { labels, row } from './mapping-fields.ts';

const db = useDatabase();

describe('what differs from a default', () => {
  const anyRows = fc.uniqueArray(
    fc
      .record({
        role: fc.constantFrom(...objectRoles),
        target: fc.constantFrom('a', 'b', 'b.c'),
        source: fc.constantFrom('phone', 'company', '=x'),
      })
      .map(({ role, target, source }) => row(target, source, { role })),
    { selector: nameRow },
  );
  const sorted = (rows: ReturnType<typeof row>[]) =>
    rows.toSorted((one, other) => (nameRow(one) < nameRow(other) ? -1 : 1));

  it('gives the rows again, also of two objects with fields of one name', () => {
    fc.assert(
      fc.property(anyRows, anyRows, (base, own) => {
        const changes = findRowOverrides(base, own);
        expect(sorted(applyRowOverrides(base, changes))).toEqual(sorted(own));
        expect(findOutdatedRows(base, changes)).toEqual(new Set());
      }),
    );
  });

  it('keeps what a change was made upon until the row is edited again', () => {
    fc.assert(
      fc.property(anyRows, anyRows, anyRows, (base, own, newer) => {
        const changes = findRowOverrides(base, own);
        const rows = applyRowOverrides(newer, changes);
        const saved = updateOverrides(newer, rows, changes);
        for (const change of saved) expect(changes).toContainEqual(change);
        expect(sorted(applyRowOverrides(newer, saved))).toEqual(sorted(rows));
      }),
    );
  });
});

describe('a mapping of a workspace', () => {
  let tenantId: string;
  let connectionId: string;
  beforeAll(async () => {
    tenantId = (await createTenant({ slug: 'own', name: 'Own' })).id;
    const settings = {
      baseUrl: 'http://127.0.0.1:9/',
      loginUrl: 'http://127.0.0.1:9/',
      tenantId: 'directory',
      clientId: 'app',
    };
    ({ id: connectionId } = await createConnection({
      tenantId,
      provider: 'dynamics-365',
      settings,
      secrets: { clientSecret: 'a-secret-0123' },
    }));
  });
  const load = () => loadMapping(tenantId, connectionId);
  const differences = (from: number, to: number) =>
    readTenant(tenantId, (tx) => compareVersions(tx, tenantId, connectionId, from, to));

  it('keeps its changes alone, with who made them and why, and follows the default', async () => {
    const { fields } = await load();
    const phone = row('telephone1', '=none');
    const rows = fields
      .map((one) => (nameRow(one) === nameRow(phone) ? phone : one))
      .filter((one) => nameRow(one) !== 'deal.name');
    const save = (from: number, note: string | null) =>
      saveCheckedMapping(tenantId, connectionId, rows, from, tenantId, { note });
    expect(await save(0, 'No telephone numbers there.')).toBe(1);
    const saved = await load();
    expect(saved).toMatchObject({ note: 'No telephone numbers there.', savedBy: tenantId });
    expect(saved.overrides?.map(({ target }) => target)).toEqual(['lead.telephone1', 'deal.name']);
    // As if the release before had filled three rows otherwise, one of which was changed here.
    await db.query(
      `update push_mappings set
         overrides = jsonb_set(overrides, '{0,base,sources}', '["city"]'),
         fields = (select jsonb_agg(case when field ->> 'target' = 'lastname'
           then jsonb_set(field, '{sources}', '["firstName"]') else field end)
           from jsonb_array_elements(fields) as field)
       where tenant_id = $1`,
      [tenantId],
    );
    const moved = await load();
    expect(moved.fields).toEqual(rows);
    expect(findOutdatedRows(moved.defaults, moved.overrides ?? [])).toEqual(
      new Set(['lead.telephone1']),
    );
    expect(await save(1, null)).toBe(1);
    const confirmed = ['lead.telephone1'];
    expect(await saveCheckedMapping(tenantId, connectionId, rows, 1, tenantId, { confirmed })).toBe(
      2,
    );
    const kept = await load();
    expect(kept.fields).toEqual(rows);
    expect(findOutdatedRows(kept.defaults, kept.overrides ?? [])).toEqual(new Set());
    expect((await differences(0, 1)).map(({ target }) => target).toSorted()).toEqual([
      'contact.lastname',
      'deal.name',
      'lead.lastname',
      'lead.telephone1',
    ]);
  });

  it('lists its versions and what changed between two of them', async () => {
    const { fields, version } = await load();
    const rows = [...fields, row('jobtitle', 'status', labels({ New: 'Owner' }))];
    expect(await saveCheckedMapping(tenantId, connectionId, rows, version, tenantId)).toBe(3);
    expect(await restoreMapping(tenantId, connectionId, 0, tenantId)).toBe(4);
    expect((await load()).overrides).toEqual([]);
    const listed = await readTenant(tenantId, (tx) =>
      listMappingVersions(tx, tenantId, connectionId, 10),
    );
    expect(listed.map(({ version: number, note, savedBy }) => [number, note, savedBy])).toEqual([
      [4, 'The default again.', tenantId],
      [3, null, tenantId],
      [2, null, tenantId],
      [1, 'No telephone numbers there.', tenantId],
    ]);
    expect(await differences(4, 0)).toEqual([]);
    expect(await differences(4, 3)).toContainEqual({
      target: 'lead.jobtitle',
      base: null,
      own: rows.at(-1),
    });
    await expect(differences(1, 9)).rejects.toThrow('no version 9');
    const other = await createTenant({ slug: 'strange', name: 'Strange' });
    await expect(
      readTenant(other.id, (tx) => compareVersions(tx, other.id, connectionId, 1, 2)),
    ).rejects.toThrow('no such connection');
  });

  it('is not saved with text that Postgres cannot store', async () => {
    const { fields, version } = await load();
    for (const value of ['\u0000', '\ud800'])
      await expect(
        saveCheckedMapping(
          tenantId,
          connectionId,
          [...fields, row('jobtitle', `=${value}`)],
          version,
          tenantId,
        ),
      ).rejects.toThrow('was not saved');
  });
});
