/*
 * What people send into a CRM, decide and map.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadMapping } from '#lib/mappings/store.ts';
import { allowForLoad } from '../../helpers/patience.ts';
import { password, startWeb, type Web, type WebClient } from '../../helpers/web.ts';
import { toForm } from '../../outbound/mapping-form.ts';
import { addLeads, push } from '../../outbound/stage.ts';
import { change, db, open, ourChange, pushed, readBack, stage } from '../../outbound/pull-stage.ts';
import { followAudit, toLines } from './news.ts';

allowForLoad();
const news = followAudit(db);
let web: Web;
let ann: WebClient;

beforeAll(async () => {
  web = await startWeb(db.url);
  ann = await web.signIn('ann@push.test', password);
  await news();
});
afterAll(() => web?.stop());

const home = () => `/w/${stage.slug}`;
async function post(path: string, fields: Record<string, string>): Promise<void> {
  const response = await ann.postForm(`${home()}/${path}`, fields);
  expect([response.status, response.status === 303 ? '' : await response.text()]).toEqual([
    303,
    '',
  ]);
}

describe('what goes to a CRM is in the log', () => {
  it('a push of one lead, of several, of all that a filter shows, and of those that failed', async () => {
    const [one = '', two = '', three = ''] = await addLeads(stage, [{}, {}, {}]);
    await post('pushes', { intent: 'push', connection: stage.connectionId, lead: one });
    const chosen = { [`lead:${two}`]: 'on', [`lead:${three}`]: 'on' };
    await post('leads', { intent: 'push', connection: stage.connectionId, ...chosen });
    await post('leads?search=Nobody&period=30d', {
      intent: 'push',
      connection: stage.connectionId,
      scope: 'matching',
    });
    await db.query(`update pushes set state = 'failed' where lead_id = $1`, [two]);
    await post('pushes', { intent: 'retry-failed', connection: stage.connectionId });
    const body = { lead_id: three, connection: stage.connectionId };
    await ann.postJson(`/api/v1/d365/push-lead?tenant=${stage.slug}`, body);
    const found = await news();
    expect(found.map(({ action, target }) => [action, target])).toEqual([
      ['push.requested', one],
      ['push.requested', null],
      ['push.matching_requested', 'Dynamics 365'],
      ['push.requested', two],
      ['push.requested', three],
    ]);
    expect(found.map(({ after }) => after)).toEqual([
      { system: 'Dynamics 365', leads: 1, alreadyPending: 0 },
      { system: 'Dynamics 365', leads: 2, alreadyPending: 0 },
      { leads: 0, filter: { search: 'N•••', period: '30d' } },
      { system: 'Dynamics 365', leads: 1, alreadyPending: 0 },
      { system: 'Dynamics 365', leads: 1, alreadyPending: 1 },
    ]);
    await push(stage, [one, two, three]);
    await news();
  });

  it('a conflict that was decided, with masked values', async () => {
    const { leadId, remoteId } = await pushed({ company: 'Before' });
    await change(remoteId, { companyname: 'Their company' });
    await ourChange(leadId, 'Our company');
    await readBack();
    const [conflict] = await open(leadId);
    expect(conflict).toMatchObject({ field: 'companyname' });
    await news();
    await post('conflicts', { intent: 'theirs', conflict: conflict?.id ?? '' });
    const [decided, ...more] = await news();
    expect(more).toEqual([]);
    expect(decided).toMatchObject({
      action: 'conflict.resolved',
      by: 'user ann@push.test',
      before: { ours: 'O•••', theirs: 'T•••' },
      after: { choice: 'theirs' },
    });
  });

  it('a mapping: its version and the fields that changed', async () => {
    const { fields } = await loadMapping(stage.tenantId, stage.connectionId);
    const index = fields.findIndex(({ target }) => target === 'companyname');
    const changed = { ...toForm(fields), [`row.${index}.rule`]: 'theirs', basedOn: '0' };
    const path = `settings/mapping?connection=${stage.connectionId}`;
    await post(path, { intent: 'save', ...changed });
    await post(path, { intent: 'restore:0' });
    const found = await news();
    expect(toLines(found)).toEqual([
      'mapping.changed: Dynamics 365',
      'mapping.changed: Dynamics 365',
    ]);
    expect(found[0]?.before).toMatchObject({ version: 0 });
    expect(found[0]?.after).toMatchObject({ version: 1, 'lead.companyname': { rule: 'theirs' } });
    expect(Object.keys(found[0]?.after ?? {})).toHaveLength(2);
    expect(found[1]?.after).toMatchObject({ version: 2 });
  });
});
