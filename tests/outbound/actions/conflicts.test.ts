import { beforeEach, describe, expect, it } from 'vitest';
import {
  decideReferralConflict,
  getReferralChanges,
  updateReferral,
} from '#lib/outbound/actions/referral.ts';
import { until } from '../../helpers/processes.ts';
import {
  atSource,
  by,
  db,
  done,
  fresh,
  one,
  patch,
  requests,
  sandbox,
  sync,
  tenantId,
  trail,
} from './stage.ts';

type Row = Record<string, unknown>;
let referral: { externalId: string; id: string };
beforeEach(async () => {
  referral = await fresh({ details: { dealValue: 45_000, currency: 'GBP' } });
});
const update = (status: string, substatus: string, seen?: Record<string, string | null>) =>
  updateReferral(tenantId, referral.id, { wanted: { status, substatus }, seen }, by);
const decide = (conflict: string, choice: 'ours' | 'theirs') =>
  decideReferralConflict(tenantId, referral.id, { conflict, choice }, by);
const changes = () => getReferralChanges(tenantId, referral.id);
/** What a colleague does at the source. */
function edit(row: Row): void {
  sandbox.clock.shift(1000);
  sandbox.partnerCenter.mutate('partner', {
    changes: [{ op: 'update', id: referral.externalId, row }],
  });
}

describe('a referral that a colleague changed after it was shown here', () => {
  it('is not overwritten: both versions wait for a decision', async () => {
    edit({ status: 'Closed', substatus: 'Lost' });
    const end = await update('Closed', 'Won');
    expect(end).toMatchObject({
      outcome: 'conflict',
      conflict: {
        mayWriteOurs: true,
        differences: [
          { name: 'status', label: 'Status', seen: 'New', found: 'Closed' },
          { name: 'substatus', seen: 'Received', found: 'Lost' },
        ],
      },
    });
    expect([requests(one), requests(patch)]).toEqual([[200], []]);
    expect(atSource(referral.externalId)).toMatchObject({ substatus: 'Lost' });
    expect(await trail()).toMatchObject([{ outcome: 'conflict' }]);
    expect(await changes()).toMatchObject({ conflict: { found: { substatus: 'Lost' } } });
    await sync();
    expect(await changes()).toMatchObject({ state: { substatus: 'Lost' }, conflict: {} });
  });

  it.each([
    ['deal value', { details: { dealValue: 90_000, currency: 'GBP' } }, ['dealValue']],
    ['name', { name: 'Another name' }, ['name']],
  ])('is a conflict for its %s as well, because the person saw another', async (_, row, names) => {
    edit(row);
    const end = await update('Active', 'Accepted');
    const differing = end.outcome === 'conflict' ? end.conflict.differences : [];
    expect(differing.map(({ name }) => name)).toEqual(names);
    expect(requests(patch)).toEqual([]);
  });

  it('is a conflict even when a sync came between the page and the click', async () => {
    const { seen } = await changes();
    edit({ status: 'Closed', substatus: 'Lost' });
    await sync();
    expect(await update('Closed', 'Won', seen)).toMatchObject({ outcome: 'conflict' });
    expect(await update('Closed', 'Won')).toEqual(done('Closed', 'Won'));
  });

  it('is a conflict when it happens between our look and our write', async () => {
    sandbox.faults.arm({ kind: 'latency', ms: 1_500, endpoint: patch, next: 1 });
    const running = update('Closed', 'Won');
    await until('the change is on its way', () =>
      Promise.resolve(sandbox.log.entries().some(({ endpoint }) => endpoint === patch)),
    );
    edit({ status: 'Closed', substatus: 'Declined' });
    expect(await running).toMatchObject({
      outcome: 'conflict',
      conflict: { found: { substatus: 'Declined' } },
    });
    expect([requests(one), requests(patch)]).toEqual([[200, 200], [412]]);
    expect(atSource(referral.externalId)).toMatchObject({ substatus: 'Declined' });
    expect(await trail()).toMatchObject([{ outcome: 'conflict', status: 412 }]);
  });

  it('is no conflict when the colleague did the same', async () => {
    edit({ status: 'Active', substatus: 'Accepted' });
    expect(await update('Active', 'Accepted')).toEqual(done('Active', 'Accepted'));
    expect(requests(patch)).toEqual([]);
  });
});

describe('deciding a conflict', () => {
  let id: string;
  beforeEach(async () => {
    edit({ status: 'Closed', substatus: 'Lost' });
    await update('Closed', 'Won');
    id = (await changes()).conflict?.id ?? '';
  });

  it('for ours writes over the version that was shown', async () => {
    expect(await decide(id, 'ours')).toEqual(done('Closed', 'Won'));
    expect(atSource(referral.externalId)).toMatchObject({ substatus: 'Won' });
    expect((await trail()).map(({ outcome }) => outcome)).toEqual(['withdrawn', 'done']);
    expect((await changes()).conflict).toBeNull();
  });

  it('for ours writes over no other version than the one that was shown', async () => {
    edit({ status: 'Closed', substatus: 'Declined' });
    expect(await decide(id, 'ours')).toMatchObject({
      outcome: 'conflict',
      conflict: { seen: { substatus: 'Lost' }, found: { substatus: 'Declined' } },
    });
    // Fields that nobody compares make another version as well.
    const next = (await changes()).conflict?.id ?? '';
    edit({ statusReason: 'A reason' });
    expect(await decide(next, 'ours')).toMatchObject({
      outcome: 'conflict',
      conflict: { differences: [] },
    });
    expect(requests(patch)).toEqual([]);
    expect(atSource(referral.externalId)).toMatchObject({ substatus: 'Declined' });
  });

  it('for theirs sends nothing, and only once', async () => {
    expect(await decide(id, 'theirs')).toEqual({ outcome: 'withdrawn' });
    expect(requests(patch)).toEqual([]);
    await expect(decide(id, 'ours')).rejects.toMatchObject({ code: 'conflict' });
    await expect(decide(id, 'theirs')).rejects.toMatchObject({ code: 'conflict' });
    expect(await changes()).toMatchObject({ conflict: null, last: { outcome: 'withdrawn' } });
  });

  it('is superseded by a newer change, which is judged by itself', async () => {
    await sync();
    expect(await update('Closed', 'Declined')).toEqual(done('Closed', 'Declined'));
    await expect(decide(id, 'ours')).rejects.toMatchObject({ code: 'conflict' });
    expect((await trail()).map(({ outcome }) => outcome)).toEqual(['withdrawn', 'done']);
  });

  it('offers no state that cannot follow the one at the source', async () => {
    const other = await fresh();
    referral = other;
    edit({ status: 'Closed', substatus: 'Lost' });
    expect(await update('Active', 'Accepted')).toMatchObject({
      outcome: 'conflict',
      conflict: { mayWriteOurs: false },
    });
    const { conflict } = await changes();
    await expect(decide(conflict?.id ?? '', 'ours')).rejects.toMatchObject({ code: 'bad_request' });
  });
});

it('asks before it writes without a version that the source refuses as its own', async () => {
  sandbox.faults.arm({ kind: 'status', status: 412, endpoint: patch, next: 4 });
  const end = await update('Active', 'Accepted');
  expect(end).toMatchObject({ outcome: 'conflict', conflict: { differences: [] } });
  expect(requests(patch)).toEqual([412, 412]);
  sandbox.faults.disarm();
  // The known fault of PUT, at PATCH: every version is refused, and a change without one is taken.
  sandbox.partnerCenter.refuseVersions(true);
  const { conflict } = await changes();
  expect(await decide(conflict?.id ?? '', 'ours')).toEqual(done('Active', 'Accepted'));
  sandbox.partnerCenter.refuseVersions(false);
  expect(await db.query('select outcome from write_backs order by id')).toEqual([
    { outcome: 'withdrawn' },
    { outcome: 'done' },
  ]);
});
