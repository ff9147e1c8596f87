import { describe, expect, it } from 'vitest';
import { retryJob } from '#lib/jobs/failed/resolve.ts';
import {
  addLeads,
  ask,
  drain,
  eventsOf,
  org,
  push,
  pushOf,
  pushStage,
  slice,
  there,
} from './stage.ts';
import { db, sandbox, leadOf, by, one } from './flow-stage.ts';

describe('a push that fails', () => {
  it('is tried three times, undoes its rows, waits for a person, works on retry', async () => {
    const failing = await pushStage(db, sandbox, { spec: { ...org } });
    const leadId = await one(failing, {
      domain: 'fails.example',
      email: 'ada@fails.example',
      score: 95,
    });
    const fault = sandbox.faults.arm({
      kind: 'status',
      status: 400,
      endpoint: 'PATCH api/data/v9.2/opportunities(:key)',
    });
    expect(await push(failing, [leadId])).toMatchObject({ retried: 2, failed: 1, synced: 0 });
    expect(await pushOf(failing, leadId)).toMatchObject({
      state: 'failed',
      shown: 'failed',
      attempts: 3,
      dueAt: null,
      remoteId: null,
      remoteIds: {},
    });
    for (const [kind, column] of [
      ['lead', 'emailaddress1'],
      ['contact', 'emailaddress1'],
    ] as const)
      expect(by(failing, kind, column, 'ada@fails.example')).toEqual([]);
    expect(by(failing, 'account', 'websiteurl', 'https://fails.example')).toEqual([]);
    expect(
      (await eventsOf(failing, leadId)).filter(
        ({ step, method }) => step === 'undo' && method === 'DELETE',
      ),
    ).toHaveLength(3);
    const [letter] = await db.query<{ id: string; job: string; reason: string; kind: string }>(
      'select id, job, reason, kind from dead_letters where tenant_id = $1',
      [failing.tenantId],
    );
    expect(letter).toMatchObject({
      job: 'push-leads',
      kind: 'push',
      reason: expect.stringContaining('Dynamics 365') as string,
    });
    sandbox.faults.disarm(fault);
    await retryJob({ tenantId: failing.tenantId, userId: null }, letter?.id ?? '');
    // What the queue's worker does with the job of a person who retries.
    await slice(failing, { leadId, requestedBy: null });
    expect(await pushOf(failing, leadId)).toMatchObject({ state: 'synced', attempts: 0 });
    expect(leadOf(failing, leadId)).toHaveLength(1);
  });

  it('leaves what somebody has changed since, and what others need', async () => {
    const failing = await pushStage(db, sandbox);
    const [first = '', second = ''] = await addLeads(failing, [
      { domain: 'shared.example', email: 'a@shared.example' },
      { domain: 'shared.example', email: 'b@shared.example', score: 95 },
    ]);
    await push(failing, [first]);
    sandbox.faults.arm({
      kind: 'status',
      status: 400,
      endpoint: 'PATCH api/data/v9.2/opportunities(:key)',
    });
    await ask(failing, [second]);
    await slice(failing);
    const [contact] = by(failing, 'contact', 'emailaddress1', 'b@shared.example');
    there(failing, [
      {
        op: 'update',
        kind: 'contact',
        id: String(contact?.['contactid']),
        row: { jobtitle: 'Owner' },
      },
    ]);
    await drain(failing);
    sandbox.faults.disarm();
    expect(await pushOf(failing, second)).toMatchObject({ state: 'failed' });
    expect(by(failing, 'contact', 'emailaddress1', 'b@shared.example')).toHaveLength(1);
    expect(by(failing, 'account', 'websiteurl', 'https://shared.example')).toHaveLength(1);
    expect(leadOf(failing, second)).toEqual([]);
  });

  it('does not count while it is told to wait', async () => {
    const waiting = await pushStage(db, sandbox);
    const leadId = await one(waiting);
    await ask(waiting, [leadId]);
    sandbox.faults.arm({ kind: 'rate_limited', retryAfter: '60' });
    await slice(waiting);
    sandbox.faults.disarm();
    expect(await pushOf(waiting, leadId)).toMatchObject({ state: 'pending', attempts: 0 });
    await db
      .query('update rate_pauses set until = now() where tenant_id = $1', [waiting.tenantId])
      .catch(() => undefined);
  });
});
