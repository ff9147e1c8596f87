/*
 * What people write back to Partner Center.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { allowForLoad } from '../../helpers/patience.ts';
import { find, findAll, parseHtml } from '../../helpers/html.ts';
import { all, db, member, sandbox } from '../../http-api/referrals-stage.ts';
import { followAudit, toLines, type News } from './news.ts';

allowForLoad();
const news = followAudit(db);
const patch = 'PATCH v1.0/engagements/referrals/:id';
let rows: { id: string; externalId: string }[] = [];

beforeAll(async () => {
  rows = await all('status=New');
  await news();
});

/** The value of a field on the page of a referral. */
async function fieldOf(path: string, name: string): Promise<string> {
  const page = find(parseHtml(await member.text(path)), '#main');
  const field = findAll(page, 'input').find(({ attributes }) => attributes['name'] === name);
  return field?.attributes['value'] ?? '';
}

async function post(path: string, fields: Record<string, string>): Promise<void> {
  expect((await member.postForm(path, fields)).status).toBe(303);
}

/** A conflict about the next referral: a colleague changed it after its page was shown. */
async function disagree(externalId: string, path: string): Promise<string> {
  const seen = await fieldOf(path, 'seen');
  sandbox.clock.shift(1000);
  const row = { status: 'Closed', substatus: 'Lost' };
  sandbox.partnerCenter.mutate('partner', { changes: [{ op: 'update', id: externalId, row }] });
  await post(path, { state: 'Closed/Won', seen });
  return fieldOf(path, 'change');
}

describe('a change of a referral is in the log', () => {
  it('with both states, also when there was a conflict and how it was decided', async () => {
    const [plain, ours, theirs] = rows.map(({ id, externalId }) => ({
      externalId,
      path: `/w/north/referrals/${id}`,
    }));
    if (plain === undefined || ours === undefined || theirs === undefined)
      throw new Error('The sandbox has three new referrals');
    await post(plain.path, { state: 'Active/Accepted' });
    const first = await disagree(ours.externalId, ours.path);
    await post(ours.path, { intent: 'ours', change: first });
    const second = await disagree(theirs.externalId, theirs.path);
    await post(theirs.path, { intent: 'theirs', change: second });
    const found: News[] = await news();
    expect(toLines(found)).toEqual([
      `referral.changed: ${plain.externalId}`,
      `referral.changed: ${ours.externalId}`,
      `referral.conflict_decided: ${ours.externalId}`,
      `referral.changed: ${theirs.externalId}`,
      `referral.conflict_decided: ${theirs.externalId}`,
    ]);
    expect(found[0]).toMatchObject({
      by: 'user member@north.test',
      before: { status: 'New' },
      after: { status: 'Active', substatus: 'Accepted' },
    });
    expect(found[2]).toMatchObject({
      before: { substatus: 'Lost' },
      after: { substatus: 'Won' },
    });
    expect(found[4]?.after).toEqual({ outcome: 'withdrawn' });
  });

  it('and when it was taken back before Partner Center took it', async () => {
    const { id, externalId } = rows[3] ?? { id: '', externalId: '' };
    const path = `/w/north/referrals/${id}`;
    sandbox.faults.arm({ kind: 'rate_limited', retryAfter: '120', endpoint: patch, next: 1 });
    await post(path, { state: 'Active/Accepted' });
    sandbox.faults.disarm();
    await post(path, { intent: 'cancel', change: await fieldOf(path, 'change') });
    expect(toLines(await news())).toEqual([
      `referral.changed: ${externalId}`,
      `referral.change_withdrawn: ${externalId}`,
    ]);
  });
});
