import { describe, expect, it } from 'vitest';
import { hashConflict } from '#lib/outbound/pull/conflict.ts';
import { resolveAll, resolveConflict } from '#lib/outbound/pull/resolve.ts';
import { expectExactRollups } from '../helpers/truth.ts';
import { requestPushes } from '#lib/outbound/push/request.ts';
import { addLeads, drain, eventsOf, push, pushOf, pushStage, there, truth } from './stage.ts';
import {
  db,
  sandbox,
  stage,
  person,
  pushed,
  readBack,
  change,
  leadRow,
  open,
  ofThere,
  ourChange,
} from './pull-stage.ts';

describe('what both sides changed', () => {
  async function conflict(theirs: string, ours: string) {
    const given = await pushed();
    change(given.remoteId, { companyname: theirs });
    await ourChange(given.leadId, ours);
    await readBack();
    return given;
  }

  it('waits for a person, with both values and what was agreed on', async () => {
    const { leadId } = await conflict('Theirs Inc', 'Ours Ltd');
    expect(await open(leadId)).toMatchObject([
      {
        field: 'companyname',
        ours: 'Ours Ltd',
        theirs: 'Theirs Inc',
        base: expect.stringMatching(/^Company /) as string,
      },
    ]);
    expect(await pushOf(stage, leadId)).toMatchObject({ state: 'conflict', shown: 'conflict' });
    expect((await leadRow(leadId))?.['company']).toBe('Ours Ltd');
  });

  it('is decided for theirs, twice without harm, and not the other way afterwards', async () => {
    const { leadId } = await conflict('Theirs Inc', 'Ours Ltd');
    const [row] = await open(leadId);
    await Promise.all(
      [1, 2].map(() => resolveConflict(stage.tenantId, row?.id ?? '', 'theirs', person)),
    );
    expect([(await leadRow(leadId))?.['company'], await open(leadId)]).toEqual(['Theirs Inc', []]);
    expect((await eventsOf(stage, leadId)).filter(({ step }) => step === 'resolved')).toHaveLength(
      1,
    );
    await drain(stage);
    expect(await pushOf(stage, leadId)).toMatchObject({ state: 'synced', shown: 'synced' });
    await expect(resolveConflict(stage.tenantId, row?.id ?? '', 'ours', person)).rejects.toThrow(
      'was decided the other way by Ann Admin',
    );
    await expectExactRollups(db);
  });

  it('is decided for ours, which is written there', async () => {
    const { leadId, remoteId } = await conflict('Theirs Inc', 'Ours Ltd');
    const [row] = await open(leadId);
    await resolveConflict(stage.tenantId, row?.id ?? '', 'ours', person, row && hashConflict(row));
    expect(await pushOf(stage, leadId)).toMatchObject({ state: 'pending' });
    await drain(stage);
    expect([ofThere(remoteId)?.['companyname'], (await pushOf(stage, leadId)).state]).toEqual([
      'Ours Ltd',
      'synced',
    ]);
    await readBack();
    expect([await open(leadId), (await leadRow(leadId))?.['company']]).toEqual([[], 'Ours Ltd']);
  });

  it('is not decided on values that changed since, whichever side did', async () => {
    const { leadId, remoteId } = await conflict('Theirs Inc', 'Ours Ltd');
    const [first] = await open(leadId);
    const seen = first && hashConflict(first);
    await ourChange(leadId, 'Ours AG');
    await expect(
      resolveConflict(stage.tenantId, first?.id ?? '', 'ours', person, seen),
    ).rejects.toThrow('has changed since you opened the page');
    change(remoteId, { companyname: 'Theirs GmbH' });
    await readBack();
    const [now] = await open(leadId);
    expect(now).toMatchObject({ id: first?.id, ours: 'Ours AG', theirs: 'Theirs GmbH' });
    await expect(
      resolveAll(
        stage.tenantId,
        (await db.query<{ id: string }>('select id from pushes where lead_id = $1', [leadId]))[0]
          ?.id ?? '',
        'theirs',
        person,
        'another',
      ),
    ).rejects.toThrow('has changed since you opened the page');
    await resolveConflict(
      stage.tenantId,
      now?.id ?? '',
      'theirs',
      person,
      now && hashConflict(now),
    );
    expect((await leadRow(leadId))?.['company']).toBe('Theirs GmbH');
  });

  it('resolves itself when they take theirs back, and belongs to one workspace', async () => {
    const { leadId, remoteId } = await conflict('Theirs Inc', 'Ours Ltd');
    const [row] = await open(leadId);
    const other = await pushStage(db, sandbox);
    await expect(resolveConflict(other.tenantId, row?.id ?? '', 'theirs', person)).rejects.toThrow(
      'no such conflict',
    );
    change(remoteId, { companyname: row?.base ?? '' });
    await readBack();
    expect(await open(leadId)).toEqual([]);
    await drain(stage);
    expect([ofThere(remoteId)?.['companyname'], (await pushOf(stage, leadId)).state]).toEqual([
      'Ours Ltd',
      'synced',
    ]);
  });
});

describe('a record that is deleted there', () => {
  it('is made again when a person says so, and left deleted when they do not', async () => {
    const [again, left] = [await pushed(), await pushed()];
    there(
      stage,
      [again, left].map(({ remoteId: id }) => ({
        op: 'delete' as const,
        kind: 'lead' as const,
        id,
      })),
    );
    await readBack();
    for (const { leadId } of [again, left])
      expect(await open(leadId)).toMatchObject([{ field: '@lead', theirs: 'deleted' }]);
    await resolveConflict(stage.tenantId, (await open(again.leadId))[0]?.id ?? '', 'ours', person);
    await resolveConflict(stage.tenantId, (await open(left.leadId))[0]?.id ?? '', 'theirs', person);
    expect(await pushOf(stage, left.leadId)).toMatchObject({
      state: 'synced',
      shown: null,
      remoteId: null,
    });
    await drain(stage);
    expect(await pushOf(stage, again.leadId)).toMatchObject({ state: 'synced', shown: 'synced' });
    const mine = (leadId: string) =>
      truth(stage, 'lead').filter((row) => row['hnt_leadid'] === leadId).length;
    expect([mine(again.leadId), mine(left.leadId)]).toEqual([1, 0]);
    await readBack();
    expect([await open(again.leadId), await open(left.leadId)]).toEqual([[], []]);
    await expectExactRollups(db);
  });

  const gone = (id: string) => there(stage, [{ op: 'delete', kind: 'lead', id }]);
  const sendAgain = async (leadId: string) => {
    const { tenantId, connectionId } = stage;
    await requestPushes(tenantId, { connectionId, leadIds: [leadId] }, person);
    return drain(stage);
  };
  const decide = async (leadId: string, choice: 'ours' | 'theirs') =>
    resolveConflict(stage.tenantId, (await open(leadId))[0]?.id ?? '', choice, person);
  const thereOf = (leadId: string) =>
    truth(stage, 'lead').filter((row) => row['hnt_leadid'] === leadId);

  it('shows when a person sends the lead again, although nothing has changed here', async () => {
    const { leadId, remoteId } = await pushed();
    expect(await sendAgain(leadId)).toMatchObject({ unchanged: 1 });
    gone(remoteId);
    expect(await sendAgain(leadId)).toMatchObject({ conflict: 1, unchanged: 0 });
    expect(await pushOf(stage, leadId)).toMatchObject({
      state: 'conflict',
      shown: 'conflict',
      error: expect.stringContaining('was deleted in Dynamics 365') as string,
    });
    await decide(leadId, 'ours');
    expect(await drain(stage)).toMatchObject({ synced: 1 });
    expect(thereOf(leadId)).toHaveLength(1);
  });

  it('can be sent anew by a person after it was left deleted', async () => {
    const { leadId, remoteId } = await pushed();
    gone(remoteId);
    await readBack();
    await decide(leadId, 'theirs');
    expect(thereOf(leadId)).toEqual([]);
    expect(await sendAgain(leadId)).toMatchObject({ synced: 1 });
    expect(thereOf(leadId)).toHaveLength(1);
    expect(await pushOf(stage, leadId)).toMatchObject({ state: 'synced', shown: 'synced' });
  });

  it('shows although its copy was never read', async () => {
    await readBack();
    const [leadId = ''] = await addLeads(stage, [{}]);
    await push(stage, [leadId]);
    gone((await pushOf(stage, leadId)).remoteId ?? '');
    await readBack();
    expect(await pushOf(stage, leadId)).toMatchObject({ state: 'pending', shown: 'pending' });
    expect(await drain(stage)).toMatchObject({ conflict: 1 });
    expect(await open(leadId)).toMatchObject([{ field: '@lead', theirs: 'deleted' }]);
    expect((await eventsOf(stage, leadId)).map(({ message }) => message)).toContain(
      'The CRM reports that the record was deleted.',
    );
  });
});
