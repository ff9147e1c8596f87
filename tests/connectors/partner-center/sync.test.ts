import { describe, expect, it } from 'vitest';
import type { ListQuirks } from '../../../sandbox/partner-center/list.ts';
import { updateSettings } from '#lib/connections/connections.ts';
import { selectReferralPage } from '#lib/entities/referral/queries.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { readTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { db, sandbox, tenantId, connectionId, settings, sync, tokenCalls } from './stage.ts';

const stored = () =>
  db.query<{ id: string; status: string; substatus: string }>(
    `select external_id as id, status, substatus
     from referrals
     where tenant_id = $1 and deleted_at is null
     order by external_id`,
    [tenantId],
  );
const truth = () =>
  (
    sandbox.partnerCenter.truth('partner').referrals as {
      id: string;
      status: string;
      substatus: string;
    }[]
  )
    .map(({ id, status, substatus }) => ({ id, status, substatus }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
const setQuirks = (quirks: ListQuirks) =>
  Object.assign(sandbox.partnerCenter.account('partner').spec, { quirks });
const lists = () =>
  sandbox.log
    .entries()
    .filter(({ endpoint }) => endpoint === 'GET v1.0/engagements/referrals')
    .map(({ path }) => new URL(path, 'http://x').searchParams);

describe('referrals', () => {
  it('are read whole once and by change afterwards, and agree with the source', async () => {
    expect(await sync()).toMatchObject({
      status: 'success',
      pages: 6,
      fetched: 260,
      inserted: 260,
      rejected: 0,
    });
    expect(await stored()).toEqual(truth());
    expect(lists()[0]?.get('$filter')).toBeNull();
    sandbox.log.clear();
    sandbox.clock.shift(3 * 3_600_000);
    const [first] = truth();
    sandbox.partnerCenter.mutate('partner', {
      changes: [
        { op: 'update', id: first?.id, row: { status: 'Closed', substatus: 'Won' } },
        { op: 'add', row: { name: 'Brand new' } },
      ],
    });
    const second = await sync();
    expect(second).toMatchObject({ status: 'success', rejected: 0, deleted: 0 });
    expect(second.fetched).toBeLessThan(20);
    expect(lists()[0]?.get('$filter')).toMatch(/^updatedDateTime ge 2026-/);
    expect(await stored()).toEqual(truth());
    expect(tokenCalls()).toBe(1);
  });

  it('come with token, type and domain, and send no token where next links point', async () => {
    await sync();
    expect(sandbox.partnerCenter.leaks()).toBe(0);
    expect(sandbox.log.entries().some(({ endpoint }) => endpoint === 'GET v1.0/referrals')).toBe(
      false,
    );
    const { rows } = await readTenant(tenantId, (tx) =>
      selectReferralPage(tx, tenantId, { type: 'co-sell' }, undefined, 5),
    );
    expect(rows).toHaveLength(5);
    const kinds = await db.query<{ kind: string }>(
      'select distinct referral_type as kind from referrals where tenant_id = $1 order by 1',
      [tenantId],
    );
    expect(kinds.map(({ kind }) => kind)).toEqual(['co-sell', 'marketplace', 'solution-provider']);
    expect(
      await db.query(
        `select 1
         from referrals
         where tenant_id = $1 and (domain is null) = (domain_reason is null)`,
        [tenantId],
      ),
    ).toEqual([]);
  });

  it('go on when the token runs out in the middle, and resume after faults', async () => {
    sandbox.faults.arm({
      kind: 'status',
      status: 401,
      endpoint: 'GET v1.0/engagements/referrals',
      after: 2,
      next: 1,
    });
    sandbox.faults.arm({
      kind: 'rate_limited',
      retryAfter: '0',
      endpoint: 'GET v1.0/engagements/referrals',
      after: 3,
      next: 1,
    });
    sandbox.faults.arm({
      kind: 'status',
      status: 503,
      endpoint: 'GET v1.0/engagements/referrals',
      after: 4,
      next: 1,
    });
    sandbox.faults.arm({
      kind: 'cut',
      framing: 'length',
      endpoint: 'GET v1.0/engagements/referrals',
      after: 5,
      next: 1,
    });
    expect(await sync()).toMatchObject({ status: 'success', fetched: 260 });
    expect(tokenCalls()).toBe(2);
    expect(await stored()).toEqual(truth());
  });

  it('are listed whole when the source does not take the filter', async () => {
    await sync();
    sandbox.faults.arm({
      kind: 'status',
      status: 400,
      endpoint: 'GET v1.0/engagements/referrals',
      next: 1,
    });
    sandbox.clock.shift(3_600_000);
    expect(await sync()).toMatchObject({ status: 'success', inserted: truth().length - 260 });
    expect(await stored()).toEqual(truth());
  });

  it('are listed whole when the filter is taken but not understood', async () => {
    await sync();
    setQuirks({ filterFindsNothing: true });
    sandbox.clock.shift(3_600_000);
    expect(await sync()).toMatchObject({ status: 'success', inserted: truth().length - 260 });
    expect(await stored()).toEqual(truth());
  });

  it('are read without any order when the source does not take it', async () => {
    setQuirks({ refusesOrder: true });
    expect(await sync()).toMatchObject({ status: 'success', inserted: 260 });
    sandbox.clock.shift(3_600_000);
    await sync();
    expect(await stored()).toEqual(truth());
  });

  it.each(['documented', 'relative', 'opaque'] as const)(
    'are read to the end over %s links, letter by letter',
    async (nextLink) => {
      setQuirks({ nextLink });
      expect(await sync()).toMatchObject({ status: 'success', fetched: 260, pages: 6 });
      expect(sandbox.partnerCenter.leaks()).toBe(0);
      const tokens = sandbox.log
        .entries()
        .filter(({ path }) => path.includes('skiptoken='))
        .map(({ path }) => path);
      expect(tokens).toHaveLength(5);
      if (nextLink === 'opaque')
        for (const path of tokens) expect(path).toMatch(/\?\$count=true&\$skiptoken=a\+b\+ey/);
    },
  );

  it('end a list that goes round in circles', async () => {
    sandbox.faults.arm({
      kind: 'repeat_page',
      endpoint: 'GET v1.0/engagements/referrals',
      after: 2,
    });
    expect(await sync()).toMatchObject({
      status: 'failed',
      errorMessage: 'Partner Center sent the same page of referrals twice.',
    });
    sandbox.faults.disarm();
    expect(await sync()).toMatchObject({ status: 'success' });
    expect(await stored()).toEqual(truth());
  });

  it('go on after the last stored page, and begin anew when the place is unknown', async () => {
    sandbox.faults.arm({
      kind: 'status',
      status: 503,
      endpoint: 'GET v1.0/engagements/referrals',
      after: 3,
      next: 4,
    });
    expect(await sync()).toMatchObject({ status: 'failed', fetched: 150 });
    sandbox.faults.arm({
      kind: 'status',
      status: 400,
      endpoint: 'GET v1.0/engagements/referrals',
      next: 1,
    });
    expect(await sync()).toMatchObject({
      status: 'failed',
      errorMessage: expect.stringContaining('no longer accepts the position') as string,
    });
    expect(await sync()).toMatchObject({ status: 'success', fetched: 260, inserted: 110 });
    expect(await stored()).toEqual(truth());
  });

  it('are due again after the minutes that the connection asks for', async () => {
    // At its own minute of each interval, after a rest of a tenth of it.
    await sync();
    const due = () =>
      db.query(
        `select due_at > now() and due_at <= now() + interval '11 minutes' as soon
         from connections
         where id = $1`,
        [connectionId],
      );
    expect(await due()).toEqual([{ soon: true }]);
    await updateSettings(tenantId, connectionId, { ...settings(), pollingMinutes: 1440 });
    await db.query(`update connections set due_at = null where id = $1`, [connectionId]);
    await sync();
    expect(
      await db.query(
        `select due_at <= now() + interval '1.1 days' and due_at > now() as day
         from connections
         where id = $1`,
        [connectionId],
      ),
    ).toEqual([{ day: true }]);
  });

  it('have only the broken ones rejected, each with its reason', async () => {
    sandbox.partnerCenter.poison('partner', { poison: 'nul', count: 2 });
    expect(await sync()).toMatchObject({ status: 'partial', inserted: 258, rejected: 2 });
    const reasons = await db.query<{ reason: string }>(
      'select distinct reason from record_errors where tenant_id = $1',
      [tenantId],
    );
    expect(reasons).toEqual([
      { reason: expect.stringContaining('a character that cannot be stored') as string },
    ]);
  });

  it('ask for the role when the user may not read them', async () => {
    sandbox.faults.arm({ kind: 'status', status: 403, endpoint: 'GET v1.0/engagements/referrals' });
    await syncConnection({ tenantId, connectionId, trigger: 'cli' });
    const [run] = await db.query<{ message: string }>(
      'select error_message as message from sync_runs where tenant_id = $1',
      [tenantId],
    );
    expect(run?.message).toContain('Referral Admin or Referral User');
  });
});
