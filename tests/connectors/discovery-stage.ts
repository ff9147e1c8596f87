import { beforeEach, describe, expect, it } from 'vitest';
import { submitObjects } from '../../src/actions/account-objects.ts';
import { testConnection } from '#lib/connections/test/run.ts';
import type { Access } from '#lib/identity/auth/access.ts';
import type { ObjectEntity } from '#lib/connectors/contract/discovery.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { readTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { readSourceFreshness } from '#lib/ingest/freshness.ts';
import { removeObjectRows, requestObjectRemoval } from '#lib/ingest/remove-object.ts';
import { replayConnection } from '#lib/ingest/replay/run.ts';
import { pruneRaw } from '#lib/ingest/retention/prune.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import {
  addObject,
  describeStream,
  findObjects,
  selectDescribedFields,
} from '#lib/mappings/inbound/objects.ts';
import { selectStreamMapping } from '#lib/mappings/inbound/versions.ts';
import type { TestDatabase } from '../helpers/database.ts';
import { expectBalancedBooks, expectExactRollups } from '../helpers/truth.ts';

/** An account with one object of its own, "Franchise site", with two rows: Hill End and Ford. */
export interface DiscoveryStage {
  tenantId: string;
  connectionId: string;
  /** As requests name the object. */
  object: string;
  /** The path of its field for a town, in which both rows have "Denver". */
  town: string;
  /** A fixed stream, and the path of a field that it does not read by default. */
  described: { stream: string; path: string };
  /** The ids of both rows as they are stored. */
  ids: [string, string];
  /** Gives the first row another name. */
  change(name: string): void;
  /** Deletes the second row. */
  remove(): void;
  /** The field for a town goes, and another one comes with what it held. Returns its path. */
  rename(): string;
  /** Whether a pass over changes begins anew after that, which is an error of one run. */
  restarts: boolean;
  /** The account gives the object up. */
  drop(): void;
  /** Lets the time of the source go on, by less than a day. */
  later(): void;
}

const by = 'a0000000-0000-4000-8000-000000000000';

/** What every provider with objects of accounts has to stand, from finding them to losing them. */
export function describeDiscovery(
  provider: string,
  db: TestDatabase,
  begin: () => Promise<DiscoveryStage>,
): void {
  let stage: DiscoveryStage;
  beforeEach(async () => {
    stage = await begin();
  });

  const connection = ({ tenantId, connectionId } = stage) => ({ tenantId, connectionId });
  const keyOf = (stream = `object:${stage.object}`) => ({ ...connection(), stream });
  const add = (entity: ObjectEntity = 'lead') =>
    addObject(connection(), { object: stage.object, entity, by });
  const sync = () => syncConnection({ ...connection(), trigger: 'cli' });
  const streamIn = (report: Awaited<ReturnType<typeof sync>>, stream = `object:${stage.object}`) =>
    report.streams.find((each) => each.stream === stream);
  const rows = (table = 'leads') =>
    db.query<{ id: string; name: string }>(
      `select external_id as id, name from ${table}
       where tenant_id = $1 and stream like 'object:%' and deleted_at is null order by name`,
      [stage.tenantId],
    );
  const column = async (name: string) =>
    (
      await db.query<{ value: string | null }>(
        `select ${name} as value from leads
         where tenant_id = $1 and stream like 'object:%' and deleted_at is null order by name`,
        [stage.tenantId],
      )
    ).map(({ value }) => value);

  describe(`objects of an account of ${provider}`, () => {
    it('are found with their fields, added, and read with the next sync', async () => {
      const found = await findObjects(connection());
      expect(found.map(({ name, label }) => [name, label])).toEqual([
        [stage.object, 'Franchise site'],
      ]);
      expect(found[0]?.fields).toContainEqual({ path: stage.town, label: 'City', type: 'text' });
      expect(await add()).toBe(`object:${stage.object}`);
      const [source] = await readSourceFreshness(stage.tenantId, new Date());
      expect(source?.lastSuccessAt).toBeNull();

      expect(streamIn(await sync())).toMatchObject({
        label: 'Franchise site',
        status: 'success',
        inserted: 2,
        rejected: 0,
      });
      expect(await rows()).toEqual([
        { id: stage.ids[1], name: 'Ford' },
        { id: stage.ids[0], name: 'Hill End' },
      ]);
      expect(await column('city')).toEqual(['Denver', 'Denver']);
      expect(await column('status')).not.toContain(null);
      const [after] = await readSourceFreshness(stage.tenantId, new Date());
      expect(after?.lastSuccessAt).not.toBeNull();
      const { steps } = await testConnection(stage.tenantId, stage.connectionId);
      expect(steps.find(({ step }) => step === `read object:${stage.object}`)).toMatchObject({
        ok: true,
      });
      await expectExactRollups(db);
      await expectBalancedBooks(db);
    });

    it('are followed in their changes and deletions, and rebuilt without a request', async () => {
      await add();
      await sync();
      stage.later();
      stage.change('Hill Top');
      stage.remove();
      expect(streamIn(await sync())).toMatchObject({ status: 'success', deleted: 1 });
      const left = [{ id: stage.ids[0], name: 'Hill Top' }];
      expect(await rows()).toEqual(left);

      await db.query(`delete from leads where tenant_id = $1 and stream like 'object:%'`, [
        stage.tenantId,
      ]);
      const stream = `object:${stage.object}`;
      await replayConnection({ ...connection(), stream, trigger: 'replay' });
      expect(await rows()).toEqual(left);
    });

    it('become what a person says that they are', async () => {
      await add('opportunity');
      expect(streamIn(await sync())).toMatchObject({ inserted: 2, rejected: 0 });
      expect(await rows('opportunities')).toHaveLength(2);
      await expectExactRollups(db);
    });

    it('do without a field that goes, and offer the one that comes', async () => {
      await add();
      await sync();
      stage.later();
      const path = stage.rename();
      stage.change('Hill Top');
      if (stage.restarts) expect(streamIn(await sync())).toMatchObject({ status: 'failed' });
      expect(streamIn(await sync())).toMatchObject({ status: 'success', rejected: 0 });
      expect(await rows()).toHaveLength(2);
      const known = () => readTenant(stage.tenantId, (tx) => selectDescribedFields(tx, keyOf()));
      expect((await known()).map((field) => field.path)).toContain(stage.town);
      await describeStream(keyOf());
      const paths = (await known()).map((field) => field.path);
      expect(paths).toContain(path);
      expect(paths).not.toContain(stage.town);
      expect(streamIn(await sync())).toMatchObject({ status: 'success', rejected: 0 });
    });

    it('fail alone, and say why, when the account has given them up', async () => {
      await add();
      await sync();
      stage.drop();
      stage.later();
      if (stage.restarts) await sync();
      const report = await sync();
      expect(report.status).toBe('partial');
      expect(report.streams.filter(({ status }) => status !== 'success')).toMatchObject([
        {
          stream: `object:${stage.object}`,
          errorMessage: expect.stringContaining('no longer has'),
        },
      ]);
      expect(await rows()).toHaveLength(2);
      expect(await findObjects(connection())).toEqual([]);
      await expect(describeStream(keyOf())).rejects.toMatchObject({ code: 'not_found' });
    });

    it('take their records along when they are removed, and can be added again', async () => {
      const stream = await add();
      await sync();
      await requestObjectRemoval(keyOf(stream));
      await expect(add()).rejects.toMatchObject({ code: 'conflict' });
      expect(streamIn(await sync())).toBeUndefined();
      expect(await removeObjectRows(keyOf(stream))).toEqual({ deleted: 2, isComplete: true });
      expect(await rows()).toEqual([]);
      for (const table of ['stream_states', 'connection_streams', 'stream_mappings'])
        expect(
          await db.query(
            `select 1 from ${table} where tenant_id = $1
             and ${table === 'connection_streams' ? 'name' : 'stream'} = $2`,
            [stage.tenantId, stream],
          ),
        ).toEqual([]);
      await expectExactRollups(db);
      const snapshots = () =>
        db.query(`select 1 from raw_snapshots where tenant_id = $1 and stream = $2`, [
          stage.tenantId,
          stream,
        ]);
      expect(await snapshots()).not.toEqual([]);
      await db.query(
        `update raw_snapshots set received_at = received_at - interval '9 years'
         where tenant_id = $1 and stream = $2`,
        [stage.tenantId, stream],
      );
      await pruneRaw(stage.tenantId);
      expect(await snapshots()).toEqual([]);
      await add('company');
      await sync();
      expect(await rows('companies')).toHaveLength(2);
      expect(
        await db.query(
          `select action from audit_events where tenant_id = $1 and action like 'object.%'
           order by at, id`,
          [stage.tenantId],
        ),
      ).toEqual(['added', 'removed', 'added'].map((what) => ({ action: `object.${what}` })));
    });

    it('are removed only while no run stores their records', async () => {
      const stream = await add();
      await sync();
      await db.query(
        `update sync_runs set status = 'running', lease_until = now() + interval '1 minute'
         where tenant_id = $1`,
        [stage.tenantId],
      );
      await expect(requestObjectRemoval(keyOf(stream))).rejects.toMatchObject({ code: 'conflict' });
      expect(await removeObjectRows(keyOf(stream))).toEqual({ deleted: 0, isComplete: true });
      expect(await rows()).toHaveLength(2);
    });

    it('are added once, by their name, as something that we know', async () => {
      await add();
      await expect(add()).rejects.toMatchObject({ code: 'conflict' });
      const other = { object: 'nothing_like_it', entity: 'lead', by };
      await expect(addObject(connection(), other)).rejects.toMatchObject({ code: 'not_found' });
      await expect(
        addObject(connection(), { object: stage.object, entity: 'note', by }),
      ).rejects.toMatchObject({ code: 'bad_request' });
      await expect(requestObjectRemoval(keyOf('object:other'))).rejects.toMatchObject({
        code: 'not_found',
      });
    });

    it('belong to one workspace, and are no business of viewers', async () => {
      const stream = await add();
      const stranger = await createTenant({
        slug: `stranger-${stage.tenantId.slice(-12)}`,
        name: 'Stranger',
      });
      const foreign = { ...keyOf(stream), tenantId: stranger.id };
      const unknown = { code: 'not_found' };
      await expect(findObjects(foreign)).rejects.toMatchObject(unknown);
      await expect(describeStream(foreign)).rejects.toMatchObject(unknown);
      await expect(requestObjectRemoval(foreign)).rejects.toMatchObject(unknown);
      await expect(
        addObject(foreign, { object: stage.object, entity: 'lead', by }),
      ).rejects.toMatchObject(unknown);
      await expect(
        readTenant(stranger.id, (tx) => selectStreamMapping(tx, foreign, 'USD')),
      ).rejects.toMatchObject(unknown);
      for (const intent of ['find-objects', 'add-object', 'remove-object'])
        await expect(
          submitObjects(viewerOf(stage.tenantId), stage.connectionId, { intent, stream }),
        ).rejects.toMatchObject({ code: 'forbidden' });
    });

    it('are not all that is described: fixed streams have more fields than they read', async () => {
      const { stream, path } = stage.described;
      const key = keyOf(stream);
      expect(await readTenant(key.tenantId, (tx) => selectDescribedFields(tx, key))).toEqual([]);
      expect(await describeStream(key)).toBeGreaterThan(5);
      const fields = await readTenant(key.tenantId, (tx) => selectDescribedFields(tx, key));
      expect(fields.map((field) => field.path)).toContain(path);
      await expect(describeStream(keyOf('nothing'))).rejects.toMatchObject({ code: 'not_found' });
    });
  });
}

const viewerOf = (id: string): Access => ({
  tenant: {
    id,
    slug: 'any',
    name: 'Any',
    timeZone: 'UTC',
    currency: 'USD',
    accent: null,
    logoUrl: null,
  },
  user: { id: by, name: 'Vera', email: 'vera@agency.example' },
  role: 'viewer',
  isStaff: false,
  needsSecondFactor: false,
  features: [],
});
