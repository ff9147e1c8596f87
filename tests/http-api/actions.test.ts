import { beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#lib/platform/id.ts';
import { writeBackJob } from '../../worker/jobs/write-back.ts';
import { useDatabase } from '../helpers/database.ts';
import { allowForLoad } from '../helpers/patience.ts';
import { useApi } from './fixtures.ts';

allowForLoad();
const db = useDatabase();
const api = useApi(() => db.url);

interface Actions {
  actions: { key: string; choices: { value: string }[] | null; current: string | null }[];
  outcomes: { id: string; outcome: string; wanted: string; isPending: boolean }[];
}

let lead: { id: string; external_id: string };
beforeAll(async () => {
  const [row] = await db.query<typeof lead>(
    `select id, external_id from leads where tenant_id = $1 order by external_id limit 1`,
    [api.north.tenant.id],
  );
  if (row === undefined) throw new Error('no lead');
  lead = row;
});
const address = (rest = '') => `/api/leads/${lead.id}/actions${rest}?tenant=north`;
const page = () => `/w/north/leads/${lead.id}`;
const read = async () => (await (await api.member.fetch(address())).json()) as Actions;
const work = (id: string) =>
  writeBackJob({ tenantId: api.north.tenant.id, writeBackId: id }, new AbortController().signal);
const whiteboard = () =>
  String(
    api.sandbox.clienttether
      .truth('north')
      .clients?.find((row) => row['client_id'] === lead.external_id)?.['whiteboard'],
  );

describe('/api/leads/{id}/actions', () => {
  it('shows what the connection allows, and takes it from members of the workspace', async () => {
    expect((await read()).actions).toMatchObject([
      { key: 'stage', choices: null },
      { key: 'note', choices: null },
    ]);
    const note = { action: 'note', values: { text: 'Called them.' }, id: newId() };
    expect((await api.viewer.fetch(address())).status).toBe(200);
    for (const path of ['', '/cancel', '/choices']) {
      expect((await api.viewer.postJson(address(path), note)).status).toBe(403);
      expect((await api.stranger.postJson(address(path), note)).status).toBe(404);
    }
    for (const wrong of [{}, { ...note, values: {} }, { ...note, action: 'task' }])
      expect((await api.member.postJson(address(), wrong)).status).toBe(400);
    for (const _click of [1, 2])
      expect((await api.member.postJson(address(), note)).status).toBe(202);
    expect((await read()).outcomes).toMatchObject([{ id: note.id, outcome: 'waiting' }]);
    await work(note.id);
    await work(note.id);
    expect((await read()).outcomes).toMatchObject([
      { id: note.id, outcome: 'done', isPending: true },
    ]);
    expect(whiteboard().split('Called them.')).toHaveLength(2);
  });

  it('lists the choices when it is asked to, and takes back what is waiting', async () => {
    const listed = await api.member.postJson(address('/choices'), {});
    expect(listed.status).toBe(200);
    // The account of this file has no stages of its own.
    expect((await read()).actions[0]?.choices).toEqual([]);
    const id = newId();
    const note = { action: 'note', values: { text: 'Taken back.' }, id };
    expect((await api.member.postJson(address(), note)).status).toBe(202);
    expect((await api.member.postJson(address('/cancel'), { id })).status).toBe(200);
    expect((await api.member.postJson(address('/cancel'), { id })).status).toBe(409);
    await work(id);
    expect((await read()).outcomes[0]).toMatchObject({ id, outcome: 'withdrawn' });
    expect(whiteboard()).not.toContain('Taken back.');
  });
});

describe('the page of a lead', () => {
  it('has a form for each action, works without scripts, and says what became of it', async () => {
    expect(await api.viewer.text(page())).not.toContain('value="request"');
    const shown = await api.member.text(page());
    expect(shown).toContain('Add a note');
    const id = /name="action" value="note"[^>]*>\s*<input[^>]*name="id" value="([^"]+)"/.exec(
      shown,
    )?.[1];
    const form = {
      intent: 'request',
      action: 'note',
      id: id ?? '',
      over: '',
      'value.text': 'By form',
    };
    expect((await api.viewer.postForm(page(), form)).status).toBe(403);
    expect((await api.member.postForm(page(), { ...form, 'value.text': ' ' })).status).toBe(400);
    const sent = await api.member.postForm(page(), form);
    expect([sent.status, sent.headers.get('location')]).toEqual([303, `${page()}?done=requested`]);
    expect((await api.member.postForm(page(), form)).status).toBe(303);
    expect(await api.member.text(page())).toContain('By form');
    await work(id ?? '');
    expect(whiteboard().split('By form')).toHaveLength(2);
    expect(await api.member.text(page())).toContain('the next sync shows it here');
  });
});
