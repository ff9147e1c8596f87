/*
 * What every action has to bear, whatever system it is for. Each provider's test says how its
 * sandbox is asked; the rest is the same.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../sandbox/index.ts';
import { createConnection } from '#lib/connections/connections.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { refreshChoices } from '#lib/outbound/actions/choices.ts';
import type { ActionEntity } from '#lib/outbound/actions/record.ts';
import { cancelAction, requestAction, type ActionRequest } from '#lib/outbound/actions/request.ts';
import { newId } from '#lib/platform/id.ts';
import { getActionsView } from '#lib/views/actions.ts';
import { writeBackJob } from '../../../worker/jobs/write-back.ts';
import { useDatabase } from '../../helpers/database.ts';
import { allowForLoad } from '../../helpers/patience.ts';
import { startProcess, until } from '../../helpers/processes.ts';

const by = '00000000-0000-4000-8000-000000000001';

/** A change of one field. `endpoint` is its write, as the sandbox counts it. */
interface ChangeCase {
  entity: ActionEntity;
  action: 'stage' | 'owner';
  field: string;
  endpoint: string;
  /** The value at the source. */
  atSource(sandbox: Sandbox, externalId: string): unknown;
  /** Somebody else sets the field to one of its values. */
  changeThere(sandbox: Sandbox, externalId: string, value: string): void;
  /** What the value of a choice is at the source; absent when it is the same. */
  stored?(value: string): unknown;
}

interface AddCase {
  entity: ActionEntity;
  action: 'note' | 'task';
  endpoint: string;
  values: Record<string, string>;
  /** The texts of all such things at the source. */
  textsAtSource(sandbox: Sandbox, externalId: string): string[];
}

export interface ActionsCase {
  provider: string;
  start(): Promise<Sandbox>;
  connect(sandbox: Sandbox): { settings: Record<string, unknown>; secrets: Record<string, string> };
  changes: readonly ChangeCase[];
  additions: readonly AddCase[];
  /** A condition for the rows that may be changed, in SQL. */
  open?: string;
}

export function describeActions({
  provider,
  start,
  connect,
  changes,
  additions,
  open = 'true',
}: ActionsCase) {
  allowForLoad();
  const db = useDatabase();
  let sandbox: Sandbox;
  let tenantId: string;
  let stranger: string;
  let connectionId: string;
  beforeAll(async () => {
    sandbox = await start();
    tenantId = (await createTenant({ slug: 'north', name: 'North' })).id;
    stranger = (await createTenant({ slug: 'south', name: 'South' })).id;
    ({ id: connectionId } = await createConnection({ tenantId, provider, ...connect(sandbox) }));
    await sync();
  });
  afterAll(() => sandbox.close(0));
  beforeEach(async () => {
    sandbox.faults.disarm();
    sandbox.clock.shift(5_000);
    await db.query('truncate write_backs');
    await letTimePass();
    sandbox.log.clear();
  });

  const sync = () => syncConnection({ tenantId, connectionId, trigger: 'cli' });
  const letTimePass = async () => {
    await db.query('delete from rate_budgets');
    await db.query('delete from circuits');
    await db.query(`update write_backs set next_attempt_at = now() where outcome = 'waiting'`);
  };
  const find = async (entity: ActionEntity, action: string) => {
    const table = entity === 'lead' ? 'leads' : 'opportunities';
    const rows = await db.query<{ id: string; external_id: string }>(
      `select id, external_id from ${table} where deleted_at is null and ${open} order by external_id`,
    );
    for (const { id, external_id: externalId } of rows) {
      const view = await getActionsView(
        { tenant: { id: tenantId, timeZone: 'UTC' } },
        { entity, id },
      );
      if (view.actions.some(({ key }) => key === action)) return { entity, id, externalId, view };
    }
    throw new Error(`no ${entity} has the action ${action}`);
  };
  const attempt = async (id: string) => {
    await letTimePass();
    await writeBackJob({ tenantId, writeBackId: id }, new AbortController().signal);
    const [row] = await db.query<{ outcome: string; message: string | null; found: object | null }>(
      'select outcome, message, found from write_backs where id = $1',
      [id],
    );
    return row;
  };
  const sent = (endpoint: string) =>
    sandbox.log.entries().filter((entry) => entry.endpoint === endpoint).length;

  describe.each(changes.map((each) => [`${each.entity} ${each.action}`, each] as const))(
    'changing %s',
    (_name, { entity, action, field, endpoint, ...source }) => {
      const prepare = async () => {
        const target = await find(entity, action);
        await refreshChoices(tenantId, target);
        const { view } = await find(entity, action);
        const form = view.actions.find(({ key }) => key === action);
        const others = (form?.choices ?? []).filter(({ value }) => value !== form?.current);
        expect(others.length).toBeGreaterThan(1);
        const [wanted = '', other = ''] = others.map(({ value }) => value);
        sandbox.log.clear();
        const ask = (request: Partial<ActionRequest> = {}) =>
          requestAction(tenantId, target, { action, values: { [field]: wanted }, ...request }, by);
        const there = () => source.atSource(sandbox, target.externalId);
        const stored = (value: string) => source.stored?.(value) ?? value;
        return { target, wanted, other, ask, there, stored };
      };

      it('arrives once, also for a double click, is audited, and leaves our row to the sync', async () => {
        const { target, wanted, ask, there, stored } = await prepare();
        const id = newId();
        expect(await Promise.all([ask({ id }), ask({ id })])).toEqual([id, id]);
        const table = entity === 'lead' ? 'leads' : 'opportunities';
        const row = () => db.query(`select * from ${table} where id = $1`, [target.id]);
        const before = await row();
        await Promise.all([attempt(id), attempt(id)]);
        expect(there()).toEqual(stored(wanted));
        expect(sent(endpoint)).toBe(1);
        expect(await row()).toEqual(before);
        expect(
          await db.query(
            `select count(*)::int from audit_events where action = 'action.requested'
             and target_id = $1 and after ->> $2 = $3`,
            [target.id, field, wanted],
          ),
        ).toEqual([{ count: 1 }]);
        await sync();
        expect(await row()).not.toEqual(before);
        const { view } = await find(entity, action);
        expect(view.actions.find(({ key }) => key === action)?.current).toBe(wanted);
      });

      it('bears a lost answer, a 429 and an outage, and has one effect', async () => {
        const { wanted, ask, there, stored } = await prepare();
        sandbox.faults.arm({ kind: 'rate_limited', retryAfter: '7', endpoint, next: 1 });
        const id = await ask();
        expect(await attempt(id)).toMatchObject({ outcome: 'waiting' });
        sandbox.faults.arm({ kind: 'fail_after_effect', status: 502, endpoint, next: 1 });
        await attempt(id);
        expect(await attempt(id)).toMatchObject({ outcome: 'done' });
        expect(there()).toEqual(stored(wanted));
        expect(sent(endpoint)).toBe(2);
        await sync();
      });

      it('is a conflict when somebody else was faster, and says what it is now', async () => {
        const { target, wanted, other, ask, there, stored } = await prepare();
        source.changeThere(sandbox, target.externalId, other);
        const id = await ask();
        const end = await attempt(id);
        expect(end).toMatchObject({ outcome: 'conflict', found: { [field]: other } });
        expect(sent(endpoint)).toBe(0);
        const again = await ask({ over: id });
        expect(await attempt(again)).toMatchObject({ outcome: 'done' });
        expect(there()).toEqual(stored(wanted));
        await sync();
      });

      it('refuses a value that is not listed, a stranger, and what is over', async () => {
        const { target, ask } = await prepare();
        await expect(ask({ values: { [field]: 'nowhere' } })).rejects.toMatchObject({
          code: 'bad_request',
        });
        await expect(ask({ values: {} })).rejects.toMatchObject({ code: 'bad_request' });
        await expect(
          requestAction(stranger, target, { action, values: { [field]: 'x' } }, by),
        ).rejects.toMatchObject({ code: 'not_found' });
        const id = await ask();
        await expect(cancelAction(stranger, target, id)).rejects.toMatchObject({
          code: 'not_found',
        });
        await cancelAction(tenantId, target, id);
        expect(await attempt(id)).toMatchObject({ outcome: 'withdrawn' });
        await expect(cancelAction(tenantId, target, id)).rejects.toMatchObject({
          code: 'conflict',
        });
        expect(sent(endpoint)).toBe(0);
      });

      it('ends in the words of a refusal when the source does not take it', async () => {
        const { target, ask, there } = await prepare();
        await db.query('truncate action_choices');
        const before = there();
        const id = await ask({ values: { [field]: 'nowhere' } });
        expect(await attempt(id)).toMatchObject({ outcome: 'refused' });
        expect(there()).toEqual(before);
        expect(target.id).not.toBe('');
      });
    },
  );

  describe.each(additions.map((each) => [`${each.entity} ${each.action}`, each] as const))(
    'adding %s',
    (_name, { entity, action, endpoint, values, textsAtSource }) => {
      const text = () => `Call back <b>& ask</b> about ${newId()}`;
      const prepare = async () => {
        const target = await find(entity, action);
        const given = { ...values, text: text() };
        const ask = (id = newId()) =>
          requestAction(tenantId, target, { action, values: given, id }, by);
        const found = () =>
          textsAtSource(sandbox, target.externalId).filter((each) =>
            each.includes(given.text.slice(-36)),
          ).length;
        return { target, ask, found, given };
      };

      it('arrives once, also for a double click and two workers', async () => {
        const { ask, found } = await prepare();
        const id = newId();
        await Promise.all([ask(id), ask(id)]);
        await Promise.all([attempt(id), attempt(id)]);
        expect(await attempt(id)).toMatchObject({ outcome: 'done' });
        expect(found()).toBe(1);
        expect(sent(endpoint)).toBe(1);
      });

      it('is not added again after a lost answer, nor lost after a 429 or an outage', async () => {
        const { ask, found, target } = await prepare();
        const id = await ask();
        sandbox.faults.arm({ kind: 'rate_limited', retryAfter: '7', endpoint, next: 1 });
        expect(await attempt(id)).toMatchObject({ outcome: 'waiting' });
        sandbox.faults.arm({ kind: 'status', status: 502, endpoint, next: 1 });
        expect(await attempt(id)).toMatchObject({ outcome: 'waiting' });
        // Nobody knows whether that one arrived, so it cannot be taken back.
        await expect(cancelAction(tenantId, target, id)).rejects.toMatchObject({
          code: 'conflict',
        });
        sandbox.faults.arm({ kind: 'fail_after_effect', status: 502, endpoint, next: 1 });
        expect(await attempt(id)).toMatchObject({ outcome: 'waiting' });
        expect(found()).toBe(1);
        expect(await attempt(id)).toMatchObject({ outcome: 'done' });
        expect(found()).toBe(1);
      });

      it('is added once by a worker that was killed between sending and storing', async () => {
        const { ask, found } = await prepare();
        const id = await ask();
        await db.query(`update pgboss.job set start_after = now() where name = 'write-back'`);
        const worker = startProcess('worker/index.ts', db.url, {
          LOG_LEVEL: 'error',
          FAILPOINT: 'push.after_send',
        });
        await worker.exited;
        expect(found()).toBe(1);
        expect(await db.query('select outcome from write_backs where id = $1', [id])).toEqual([
          { outcome: 'sent' },
        ]);
        await db.query(`update write_backs set attempted_at = now() - interval '6 minutes'`);
        await until('its end is known', async () => (await attempt(id))?.outcome === 'done');
        expect(found()).toBe(1);
        expect(sent(endpoint)).toBe(1);
      });

      it('refuses empty text, a stranger, and another text under the same id', async () => {
        const { target, ask, found } = await prepare();
        const id = await ask();
        const other = { action, values: { ...values, text: 'Something else' }, id };
        await db.query(`update write_backs set external_id = 'another' where id = $1`, [id]);
        await expect(requestAction(tenantId, target, other, by)).rejects.toMatchObject({
          code: 'conflict',
        });
        await expect(
          requestAction(tenantId, target, { action, values: {} }, by),
        ).rejects.toMatchObject({ code: 'bad_request' });
        await expect(
          requestAction(stranger, target, { action, values: other.values }, by),
        ).rejects.toMatchObject({ code: 'not_found' });
        expect(found()).toBe(0);
      });
    },
  );
}
