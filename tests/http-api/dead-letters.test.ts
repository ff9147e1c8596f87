import { describe, expect, it } from 'vitest';
import { newId } from '#lib/platform/id.ts';
import { recordFailedJob } from '#lib/jobs/failed/store.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { find, findAll, readText } from '../helpers/html.ts';
import { mend } from '../helpers/rejections.ts';
import { readPage, type Page } from '../helpers/page.ts';
import type { Workspace } from '../helpers/workspace.ts';
import {
  db,
  home,
  sandbox,
  north,
  south,
  web,
  ana,
  ben,
  cardsOf,
  noticeOf,
  post,
} from './dead-letters-stage.ts';

const sync = ({ tenant, connection }: Workspace) =>
  syncConnection({ tenantId: tenant.id, connectionId: connection.id, trigger: 'cli' });
const poison = (poison: 'nul' | 'missing_id', count = 1) =>
  (sandbox.clienttether.poison('rows', { kind: 'clients', poison, count }) as { ids: string[] })
    .ids;
const open = () =>
  db.query<{ id: string; item_key: string }>(
    `select id, item_key
     from record_errors
     where tenant_id = $1 and resolved_at is null
     order by kind, id`,
    [north.tenant.id],
  );

describe('the page of failed records and jobs', () => {
  it('says so when there is nothing', async () => {
    const page = await readPage(ana, home);
    expect(page.status).toBe(200);
    expect(readText(find(page.root, '#records'))).toContain('No failed records');
    expect(readText(find(page.root, '#jobs'))).toContain('No failed jobs');
    expect(page.html).not.toContain('By reason');
  });

  it('shows masked why each record failed, grouped by reason; the banner leads there', async () => {
    const ids = poison('nul', 2);
    sandbox.clienttether.mutate('rows', {
      changes: ids.map((id) => ({
        op: 'update' as const,
        kind: 'clients' as const,
        id,
        row: { email: 'abigail@example.com', city: 'Denver' },
      })),
    });
    poison('missing_id');
    await sync(north);
    const page = await readPage(ana, home);
    expect(cardsOf(page, 'records')).toHaveLength(3);
    expect(readText(find(page.root, '#records'))).toContain(
      'The item holds a character that cannot be stored (NUL or half of a surrogate pair).',
    );
    expect(page.html).not.toContain('abigail@example.com');
    expect(page.html).toContain('a•••');
    expect(page.html).toMatch(/Characters that cannot be stored[\s\S]*2 records/);
    const kind = findAll(page.root, 'a').find(({ attributes }) =>
      attributes['href']?.includes('kind=no_id'),
    );
    const narrowed = await readPage(ana, kind?.attributes['href'] ?? '');
    expect(cardsOf(narrowed, 'records')).toHaveLength(1);
    expect(readText(find(narrowed.root, '#records'))).toContain('Reason: No id');
    const dashboard = await readPage(ana, '/w/north/leads');
    const leads = findAll(dashboard.root, 'a')
      .map(({ attributes }) => attributes['href'] ?? '')
      .filter((href) => href.startsWith(home));
    expect(leads).toEqual(
      expect.arrayContaining([home, `${home}?connection=${north.connection.id}`]),
    );
  });

  it('is for admins and staff', async () => {
    const member = await web.signIn('member@north.test');
    expect((await member.fetch(home)).status).toBe(403);
    expect(
      (
        await member.postForm(home, {
          intent: 'discard',
          record: (await open())[0]?.id ?? '',
          note: 'x',
        })
      ).status,
    ).toBe(403);
    expect((await readPage(member, '/w/north/leads')).html).not.toContain(home);
    expect((await ben.fetch(home)).status).toBe(200);
  });

  it('shows nothing of another workspace, and does nothing to it', async () => {
    const [{ id } = { id: '' }] = await open();
    await sync(south);
    expect((await ben.fetch(`/w/south/dead-letters/${id}`)).status).toBe(404);
    expect((await ben.fetch(`/w/south/dead-letters/${newId()}`)).status).toBe(404);
    expect((await ben.fetch('/w/south/dead-letters/nothing')).status).toBe(404);
    for (const intent of ['retry', 'discard'])
      expect(
        (await ben.postForm('/w/south/dead-letters', { intent, record: id, note: 'Mine' })).status,
      ).toBe(404);
    expect(
      (await ben.postForm('/w/south/dead-letters', { intent: 'job-retry', job: id })).status,
    ).toBe(404);
    expect(
      (await ana.postForm('/w/south/dead-letters', { intent: 'retry', record: id })).status,
    ).toBe(404);
    expect(await open()).toHaveLength(3);
  });

  it('retries one record, and all of a kind, and says what came of it', async () => {
    const [{ id } = { id: '' }] = await open();
    const one = await post(ana, { intent: 'retry', record: id }, `${home}?stream=clients`);
    expect([one.status, one.location]).toEqual([303, `${home}?stream=clients&done=refused`]);
    expect(noticeOf(one.page)).toBe('The record was rejected again. The reason is shown below.');
    const all = await post(ana, {
      intent: 'retry-group',
      connection: north.connection.id,
      stream: 'clients',
      kind: 'characters',
    });
    expect(noticeOf(all.page)).toBe('Retried: 0 accepted, 2 rejected again.');
    expect(
      (
        await post(ana, {
          intent: 'retry-group',
          connection: 'x',
          stream: 'clients',
          kind: 'characters',
        })
      ).status,
    ).toBe(409);
    expect((await post(ana, { intent: 'nothing' })).status).toBe(400);
  });

  it('lets a person correct a record, keeps wrong input, and shows it on the pages', async () => {
    const [{ id, item_key: key } = { id: '', item_key: '' }] = await open();
    const form = await readPage(ana, `${home}/${id}`);
    expect(form.html).not.toContain('abigail@example.com');
    const text = (root: Page['root']) =>
      find(root, 'textarea').children.join('').replace(/^\n/, '');
    const digest =
      findAll(form.root, 'input').find(({ attributes }) => attributes['name'] === 'digest')
        ?.attributes['value'] ?? '';
    const wrong = await post(
      ana,
      { digest, item: text(form.root).replace('"whiteboard"', 'whiteboard"') },
      `${home}/${id}`,
    );
    expect(wrong.status).toBe(400);
    expect(readText(find(wrong.page.root, '.field-error'))).toMatch(/^This is not JSON/);
    expect(text(wrong.page.root)).toContain('whiteboard": "before');
    const right = await post(ana, { digest, item: mend(text(form.root)) }, `${home}/${id}`);
    expect([right.status, right.location]).toEqual([303, `${home}?done=corrected`]);
    expect(cardsOf(right.page, 'resolved')[0]).toMatch(
      new RegExp(`^Corrected\\s*Clients ${key}.*Ana Diaz$`),
    );
    expect(
      await db.query(`select email from leads where tenant_id = $1 and external_id = $2`, [
        north.tenant.id,
        key,
      ]),
    ).toEqual([{ email: 'abigail@example.com' }]);
    expect((await ana.fetch(`${home}/${id}`)).status).toBe(409);
  });

  it('discards with a reason; whoever comes second is told', async () => {
    const [{ id } = { id: '' }] = await open();
    const mute = await post(ana, { intent: 'discard', record: id, note: ' ' });
    expect(mute.status).toBe(400);
    expect(noticeOf(mute.page)).toContain('why it was discarded');
    const first = await post(ana, { intent: 'discard', record: id, note: 'A <b>test</b> entry' });
    expect(cardsOf(first.page, 'resolved')[0]).toContain('Ana Diaz: A <b>test</b> entry');
    const second = await post(ben, { intent: 'discard', record: id, note: 'Me too' });
    expect(second.status).toBe(409);
    expect(noticeOf(second.page)).toBe(
      'This record was discarded by Ana Diaz in the meantime. Nothing was changed now.',
    );
    expect(cardsOf(second.page, 'records')).toHaveLength(1);
  });

  it('retries and discards whole jobs', async () => {
    const { tenant, connection } = north;
    const lost = {
      tenantId: tenant.id,
      job: 'sync-connection',
      connectionId: connection.id,
      kind: 'worker_lost',
      reason: 'The worker stopped.',
      attempts: 3,
    };
    const payload = {
      tenantId: tenant.id,
      connectionId: connection.id,
      trigger: 'manual',
      requestedBy: null,
    };
    await withTenant(tenant.id, async (tx) => {
      for (const subject of ['one', 'two', 'three'])
        await recordFailedJob(tx, { ...lost, subject, payload });
    });
    const page = await readPage(ana, home);
    expect(cardsOf(page, 'jobs')).toHaveLength(3);
    const [first = '', second = ''] = (
      await db.query<{ id: string }>('select id from dead_letters order by id')
    ).map(({ id }) => id);
    expect(noticeOf((await post(ana, { intent: 'job-retry', job: first })).page)).toBe(
      'The job has been queued again.',
    );
    expect((await post(ben, { intent: 'job-retry', job: first })).status).toBe(409);
    expect(
      cardsOf(
        (await post(ana, { intent: 'job-discard', job: second, note: 'Not now' })).page,
        'resolved',
      )[0],
    ).toContain('Ana Diaz: Not now');
    expect(
      noticeOf(
        (
          await post(ana, {
            intent: 'job-retry-group',
            job: 'sync-connection',
            kind: 'worker_lost',
          })
        ).page,
      ),
    ).toBe('The job has been queued again.');
    expect(readText(find((await readPage(ana, home)).root, '#jobs'))).toContain('No failed jobs');
  });
});
