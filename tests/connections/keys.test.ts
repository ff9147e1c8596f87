import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { openConnection } from '../../src/lib/connections/connections.ts';
import { rotateKeys } from '../../src/lib/connections/keys/rotate.ts';
import { listKeyUses } from '#lib/connections/keys/key-uses.ts';
import { assertUsableKeys } from '../../src/lib/connections/keys/verify.ts';
import { sealSecret } from '../../src/lib/connections/seal.ts';
import {
  decrypt,
  encrypt,
  parseKeyRing,
  type EncryptionContext,
} from '../../src/lib/platform/crypto.ts';
import { times } from '../helpers/deep.ts';
import { until } from '../helpers/processes.ts';
import { db, one, two, useKeys, secretsOf, tenantIds, connections } from './keys-stage.ts';

const byKey = () =>
  db.query<{ key: string; count: number }>(
    'select key_id as key, count(*)::int as count from credentials group by 1 order by 1',
  );

describe('rotating keys', () => {
  it('seals every secret of every tenant anew, archived too; shows which key may go', async () => {
    await db.query(`update tenants set archived_at = now() where slug = 'cedar'`);
    await assertUsableKeys();
    useKeys(two, one);
    expect(await listKeyUses()).toEqual([
      { key: 'k2', place: 'newest', secrets: 0, mayBeWithdrawn: false },
      { key: 'k1', place: 'opens', secrets: 24, mayBeWithdrawn: false },
    ]);
    const seen: number[] = [];
    expect(await rotateKeys(({ done }) => seen.push(done))).toEqual({
      newest: 'k2',
      resealed: 24,
      replaced: 0,
      unopened: [],
    });
    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => index));
    expect((await listKeyUses())[1]).toEqual({
      key: 'k1',
      place: 'opens',
      secrets: 0,
      mayBeWithdrawn: true,
    });
    useKeys(two);
    await assertUsableKeys();
    for (const [index, { tenantId, id }] of connections.entries())
      expect((await openConnection(tenantId, id)).secrets).toEqual(secretsOf(index));
    expect(await rotateKeys()).toMatchObject({ resealed: 0 });
  });

  it('goes on where it was interrupted, and two at once do no harm', async () => {
    useKeys(two, one);
    await expect(
      rotateKeys(({ done }) => {
        if (done === 10) throw new Error('interrupted');
      }),
    ).rejects.toThrow('interrupted');
    expect(await byKey()).toEqual([
      { key: 'k1', count: 14 },
      { key: 'k2', count: 10 },
    ]);
    const both = await Promise.all([rotateKeys(), rotateKeys()]);
    expect(both.reduce((sum, { resealed }) => sum + resealed, 0)).toBe(14);
    expect(await byKey()).toEqual([{ key: 'k2', count: 24 }]);
  });

  it('never undoes a secret that is replaced meanwhile', async () => {
    useKeys(two, one);
    const [{ tenantId, id: connectionId } = { tenantId: '', id: '' }] = connections;
    const somebody = new pg.Client({ connectionString: db.url });
    await somebody.connect();
    await somebody.query('begin');
    const entered = sealSecret({ tenantId, connectionId, name: 'webKey' }, 'entered-meanwhile');
    await somebody.query(
      `update credentials
       set sealed = $1, key_id = $2, version = version + 1
       where connection_id = $3 and name = 'webKey'`,
      [entered.sealed, entered.keyId, connectionId],
    );
    const rotation = rotateKeys();
    await until(
      'the rotation waits for the row',
      // Of this database alone: those of other tests are on the same server.
      async () =>
        (
          await db.query(
            `select 1 from pg_stat_activity
             where wait_event_type = 'Lock' and datname = current_database()`,
          )
        ).length > 0,
    );
    await somebody.query('commit');
    await somebody.end();
    expect(await rotation).toMatchObject({ resealed: 23, replaced: 1, unopened: [] });
    expect((await openConnection(tenantId, connectionId)).secrets).toEqual({
      ...secretsOf(0),
      webKey: 'entered-meanwhile',
    });
    expect(await db.query('select distinct key_id from credentials')).toEqual([{ key_id: 'k2' }]);
  });

  it('leaves the version alone, so that whoever is replacing a secret still may', async () => {
    useKeys(two, one);
    await rotateKeys();
    expect(await db.query('select distinct version from credentials')).toEqual([{ version: 1 }]);
  });

  it('leaves what does not open, and names it', async () => {
    const [{ id } = { id: '' }] = connections;
    await db.query(
      `update credentials
       set sealed = set_byte(sealed, 60, 255 - get_byte(sealed, 60))
       where connection_id = $1 and name = 'webKey'`,
      [id],
    );
    useKeys(two, one);
    expect(await rotateKeys()).toEqual({
      newest: 'k2',
      resealed: 23,
      replaced: 0,
      unopened: [{ tenantId: tenantIds[0], connectionId: id, name: 'webKey' }],
    });
    expect((await listKeyUses())[1]).toMatchObject({ secrets: 1, mayBeWithdrawn: false });
  });
});

describe('ciphertexts in the wrong place', () => {
  const ring = parseKeyRing([two, one]);
  const runs = times(1_000, 10_000);
  const places: EncryptionContext[] = Array.from({ length: 120 }, (_, index) => ({
    tenant: `tenant-${index % 5}`,
    table: index % 4 === 0 ? 'encryption_keys' : 'credentials',
    row: `${randomUUID()}/${index % 2 === 0 ? 'accessToken' : 'refreshToken'}`,
    column: index % 3 === 0 ? 'other' : 'sealed',
  }));
  const sealed = places.map((place, index) =>
    encrypt(index % 2 === 0 ? ring : ring.slice(1), place, `secret ${index}`),
  );
  const opens = (at: number, blob: Buffer) =>
    decrypt(ring, places[at] ?? (places[0] as EncryptionContext), blob);
  const index = fc.integer({ min: 0, max: places.length - 1 });

  it(`are refused, ${runs} times`, ({ task }) => {
    task.meta.shown = {
      row: 'ciphertext in the place of another row, tenant or column',
      figures: { swaps: runs, opened: 0 },
    };
    fc.assert(
      fc.property(
        index,
        index.filter((other) => other > 0),
        (at, shift) => {
          const other = (at + shift) % places.length;
          expect(() => opens(at, sealed[other] ?? Buffer.alloc(0))).toThrow('does not belong here');
        },
      ),
      { numRuns: runs },
    );
    expect(places.map((_, at) => opens(at, sealed[at] ?? Buffer.alloc(0)))).toEqual(
      places.map((_, at) => `secret ${at}`),
    );
  });

  it(`are refused with parts of another one or a flipped bit, ${runs} times`, ({ task }) => {
    task.meta.shown = {
      row: 'ciphertext with a part of another one or one bit flipped',
      figures: { changes: runs, opened: 0 },
    };
    fc.assert(
      fc.property(
        index,
        index.filter((other) => other > 0),
        fc.nat(),
        fc.boolean(),
        (at, shift, cut, flips) => {
          const own = Buffer.from(sealed[at] ?? Buffer.alloc(0));
          const foreign = sealed[(at + shift) % places.length] ?? own;
          const where = cut % own.length;
          if (flips) own[where] = (own[where] ?? 0) ^ (1 << (cut & 7));
          const mixed = flips
            ? own
            : Buffer.concat([own.subarray(0, where), foreign.subarray(where)]);
          fc.pre(!mixed.equals(sealed[at] ?? own));
          expect(() => opens(at, mixed)).toThrow();
        },
      ),
      { numRuns: runs },
    );
  });

  it('do not open when the rows themselves are swapped in the database', async () => {
    await db.query(
      `update credentials c
       set sealed = o.sealed
       from credentials o
       where o.name = c.name and o.connection_id =
         (select min(n.connection_id::text) from credentials n
         where n.connection_id::text > c.connection_id::text)::uuid`,
    );
    const last = connections
      .map(({ id }) => id)
      .toSorted()
      .at(-1);
    for (const { tenantId, id } of connections.filter((connection) => connection.id !== last))
      await expect(openConnection(tenantId, id)).rejects.toThrow('does not belong here');
  });
});
