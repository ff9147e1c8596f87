import { describe, expect, it } from 'vitest';
import { addLeads, eventsOf, push, pushOf, there } from './stage.ts';
import { db, stage, leadOf, by, one } from './flow-stage.ts';

describe('what both sides changed', () => {
  it('is for a person to decide, while the rest is sent but for one-sided changes', async () => {
    const leadId = await one(stage, { name: 'Grace Hopper', phone: '+1 555 0111', score: 58 });
    await push(stage, [leadId]);
    const { remoteId } = await pushOf(stage, leadId);
    there(stage, [
      {
        op: 'update',
        kind: 'lead',
        id: remoteId ?? '',
        row: { telephone1: '+1 555 0999', companyname: 'Renamed there' },
      },
    ]);
    await db.query(`update leads set phone = '+1 555 0222', score = 59 where id = $1`, [leadId]);
    expect(await push(stage, [leadId])).toMatchObject({ conflict: 1 });
    expect(await pushOf(stage, leadId)).toMatchObject({ state: 'conflict', shown: 'conflict' });
    expect(leadOf(stage, leadId)).toMatchObject([
      { telephone1: '+1 555 0999', companyname: 'Renamed there', hnt_finalscore: 59 },
    ]);
    const open = () =>
      db.query(
        `select c.field, c.ours, c.theirs, c.base, c.resolution
         from push_conflicts c
         join pushes p on p.id = c.push_id
         where p.lead_id = $1
         order by c.id`,
        [leadId],
      );
    expect(await open()).toEqual([
      {
        field: 'telephone1',
        ours: '+1 555 0222',
        theirs: '+1 555 0999',
        base: '+1 555 0111',
        resolution: null,
      },
    ]);
    there(stage, [
      { op: 'update', kind: 'lead', id: remoteId ?? '', row: { telephone1: '+1 555 0222' } },
    ]);
    expect(await push(stage, [leadId])).toMatchObject({ synced: 1 });
    expect(await open()).toMatchObject([{ resolution: 'gone' }]);
  });

  it('is not made again when it was deleted there', async () => {
    const leadId = await one(stage);
    await push(stage, [leadId]);
    const { remoteId } = await pushOf(stage, leadId);
    there(stage, [{ op: 'delete', kind: 'lead', id: remoteId ?? '' }]);
    await db.query(`update leads set phone = '+1 555 0333' where id = $1`, [leadId]);
    expect(await push(stage, [leadId])).toMatchObject({ conflict: 1 });
    expect(leadOf(stage, leadId)).toEqual([]);
    expect(await pushOf(stage, leadId)).toMatchObject({
      state: 'conflict',
      error: expect.stringContaining('was deleted in Dynamics 365') as string,
    });
    await db.query('update pushes set remote_id = null, base = null where lead_id = $1', [leadId]);
    expect(await push(stage, [leadId])).toMatchObject({ synced: 1 });
    expect(leadOf(stage, leadId)).toMatchObject([{ leadid: remoteId }]);
  });

  it('tells that closed leads are read-only, and goes on with their opportunity', async () => {
    const [won = '', lost = ''] = await addLeads(stage, [{ score: 70 }, { score: 40 }]);
    await push(stage, [won, lost]);
    const [wonThere, lostThere] = [await pushOf(stage, won), await pushOf(stage, lost)];
    there(stage, [
      { op: 'update', kind: 'lead', id: wonThere.remoteId ?? '', row: { statuscode: 3 } },
      { op: 'update', kind: 'lead', id: lostThere.remoteId ?? '', row: { statuscode: 4 } },
    ]);
    await db.query('update leads set score = 90 where id = any($1)', [[won, lost]]);
    expect(await push(stage, [won, lost])).toMatchObject({ synced: 1, conflict: 1, failed: 0 });
    expect(by(stage, 'opportunity', 'opportunityid', wonThere.remoteIds['deal'])).toMatchObject([
      { salesstage: 2 },
    ]);
    expect((await eventsOf(stage, won)).at(-1)?.message).toContain(
      'The lead is qualified in Dynamics 365 and cannot be changed there any more.',
    );
    expect(await pushOf(stage, lost)).toMatchObject({
      state: 'conflict',
      error: expect.stringContaining('disqualified') as string,
    });
  });
});
