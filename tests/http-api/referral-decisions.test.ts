/*
 * What people see without JavaScript when a change meets another one, or has to wait.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { find, findAll, parseHtml, readText } from '../helpers/html.ts';
import { all, db, member, sandbox, viewer, type Raw } from './referrals-stage.ts';

const patch = 'PATCH v1.0/engagements/referrals/:id';
interface Row {
  id: string;
  externalId: string;
}
let rows: Row[] = [];
let row: Row;
let path: string;
beforeEach(async () => {
  if (rows.length === 0) rows = await all('status=New');
  row = rows.shift() ?? { id: '', externalId: '' };
  path = `/w/north/referrals/${row.id}`;
  await db.query('delete from write_backs');
  await db.query('delete from rate_budgets');
});

const main = async (client = member) => find(parseHtml(await client.text(path)), '#main');
const words = async () => readText(await main());
/** The values of the fields and buttons of this name. */
async function values(name: string, client = member): Promise<string[]> {
  const page = await main(client);
  return ['input', 'select', 'button']
    .flatMap((tag) => findAll(page, tag))
    .flatMap(({ attributes }) => (attributes['name'] === name ? [attributes['value'] ?? ''] : []));
}
const fieldValue = async (name: string) => (await values(name))[0] ?? '';
const atSource = () =>
  (
    sandbox.partnerCenter.truth('partner').referrals as unknown as (Raw & { substatus: string })[]
  ).find(({ id }) => id === row.externalId);
function edit(fields: Record<string, unknown>): void {
  sandbox.clock.shift(1000);
  sandbox.partnerCenter.mutate('partner', {
    changes: [{ op: 'update', id: row.externalId, row: fields }],
  });
}
/** Sends the form of the page as it was shown. */
const submit = async (state: string) =>
  member.postForm(path, { state, seen: await fieldValue('seen') });

describe('a referral that was changed in Partner Center after its page was shown', () => {
  it('shows both versions and writes nothing until a person decides', async () => {
    const seen = await fieldValue('seen');
    edit({ status: 'Closed', substatus: 'Lost', name: 'Renamed by a colleague' });
    const answer = await member.postForm(path, { state: 'Closed/Won', seen });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${path}?done=conflict`]);
    const conflict = readText(find(await main(), '[data-referral-conflict]'));
    for (const text of [
      'was changed in Partner Center after it was shown here',
      'Nothing was written',
      'StatusAs it was shown hereNewNow in Partner CenterLost',
      'Renamed by a colleague',
    ])
      expect(conflict).toContain(text);
    expect(await values('state')).toEqual([]);
    expect([await values('intent'), await values('intent', viewer)]).toEqual([
      ['ours', 'theirs'],
      [],
    ]);
    const change = await fieldValue('change');
    expect((await viewer.postForm(path, { intent: 'ours', change })).status).toBe(403);
    expect(atSource()).toMatchObject({ substatus: 'Lost' });
    const decided = await member.postForm(path, { intent: 'ours', change });
    expect([decided.status, decided.headers.get('location')]).toEqual([
      303,
      `${path}?done=changed`,
    ]);
    expect(atSource()).toMatchObject({ substatus: 'Won' });
    expect((await member.postForm(path, { intent: 'theirs', change })).status).toBe(409);
  });

  it('keeps what is there when a person says so', async () => {
    const seen = await fieldValue('seen');
    edit({ status: 'Closed', substatus: 'Declined' });
    await member.postForm(path, { state: 'Active/Accepted', seen });
    const page = await words();
    expect(page).toContain('From its present status in Partner Center it cannot become');
    expect(await values('intent')).toEqual(['theirs']);
    const answer = await member.postForm(path, {
      intent: 'theirs',
      change: await fieldValue('change'),
    });
    expect(answer.status).toBe(303);
    expect(await words()).toContain('(withdrawn). The version there was kept.');
    expect(atSource()).toMatchObject({ substatus: 'Declined' });
  });

  it('bears whatever a page claims to have shown', async () => {
    edit({ status: 'Closed', substatus: 'Lost' });
    for (const seen of [
      '{"constructor":"x","toString":"x","status":"New"}',
      '{"__proto__":"x"}',
      '[]',
      'null',
      'x',
      JSON.stringify({ status: 'x'.repeat(900) }),
    ]) {
      const answer = await member.postForm(path, { state: 'Closed/Won', seen });
      expect([303, 400]).toContain(answer.status);
      expect(await words()).toContain('Last change from here');
    }
    expect(atSource()).toMatchObject({ substatus: 'Lost' });
  });

  it('is a conflict for the API, which names both versions and takes a decision', async () => {
    const address = `/api/referrals/${row.id}?tenant=north`;
    edit({ status: 'Closed', substatus: 'Lost' });
    const wanted = { status: 'Closed', substatus: 'Won' };
    expect(await member.postJson(address, wanted)).toMatchObject({
      status: 409,
      body: {
        error: {
          code: 'conflict',
          message: expect.stringContaining('Substatus: Received here, Lost there') as string,
          details: {
            differences: [
              { name: 'status', seen: 'New', found: 'Closed' },
              { name: 'substatus', seen: 'Received', found: 'Lost' },
            ],
          },
        },
      },
    });
    expect(
      await member.postJson(address, { ...wanted, seen: { status: 'Closed', substatus: 'Lost' } }),
    ).toMatchObject({ status: 200, body: { ...wanted, outcome: 'done', nextAttemptAt: null } });
  });
});

describe('a change that Partner Center cannot take right now', () => {
  it('is shown as waiting with its time, and can be taken back', async () => {
    sandbox.faults.arm({ kind: 'rate_limited', retryAfter: '120', endpoint: patch, next: 1 });
    const answer = await submit('Active/Accepted');
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${path}?done=waiting`]);
    const page = readText(find(parseHtml(await member.text(`${path}?done=waiting`)), '#main'));
    expect(page).toContain('It is sent by itself as soon as possible');
    expect(page).toMatch(
      /\(waiting, next attempt at [^)]*\d:\d\d[^)]*\)\. Partner Center takes no more requests for now\./,
    );
    const change = await fieldValue('change');
    expect((await member.postForm(path, { intent: 'cancel', change })).status).toBe(303);
    const later = readText(find(parseHtml(await member.text(`${path}?done=waiting`)), '#main'));
    expect(later).not.toContain('It is sent by itself');
    expect(later).toContain('(withdrawn). It was taken back here.');
    expect(atSource()).toMatchObject({ status: 'New' });
  });

  it('tells the API when it is sent next', async () => {
    sandbox.faults.arm({ kind: 'rate_limited', retryAfter: '120', endpoint: patch, next: 1 });
    const { status, body } = await member.postJson<{ outcome: string; nextAttemptAt: string }>(
      `/api/referrals/${row.id}?tenant=north`,
      { status: 'Active', substatus: 'Accepted' },
    );
    expect([status, body.outcome]).toEqual([200, 'waiting']);
    expect(Date.parse(body.nextAttemptAt)).toBeGreaterThan(Date.now() + 100_000);
  });
});
