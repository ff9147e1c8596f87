/*
 * What admins do with failed records and failed jobs.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { readRecordForEditing } from '#lib/ingest/rejections/correct.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { withTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { recordFailedJob } from '#lib/jobs/failed/store.ts';
import { allowForLoad } from '../../helpers/patience.ts';
import { mend } from '../../helpers/rejections.ts';
import { ana, db, home, north, post, sandbox } from '../../http-api/dead-letters-stage.ts';
import { followAudit, toLines } from './news.ts';

allowForLoad();
const news = followAudit(db);
const ids = { first: '', second: '' };

beforeAll(async () => {
  sandbox.clienttether.poison('rows', { kind: 'clients', poison: 'nul', count: 2 });
  const { tenant, connection } = north;
  await syncConnection({ tenantId: tenant.id, connectionId: connection.id, trigger: 'cli' });
  const rows = await db.query<{ id: string }>('select id from record_errors order by id');
  [ids.first, ids.second] = [rows[0]?.id ?? '', rows[1]?.id ?? ''];
  await news();
});

async function addJob(subject: string): Promise<string> {
  const { tenant, connection } = north;
  const payload = { tenantId: tenant.id };
  await withTenant(tenant.id, (tx) =>
    recordFailedJob(tx, {
      tenantId: tenant.id,
      job: 'prune-raw',
      subject,
      connectionId: connection.id,
      payload,
      kind: 'failed',
      reason: 'It failed.',
      attempts: 1,
    }),
  );
  const [row] = await db.query<{ id: string }>('select id from dead_letters where subject = $1', [
    subject,
  ]);
  return row?.id ?? '';
}

describe('what is decided about a failure is in the log', () => {
  it('a record: retried alone and with others, corrected by masked values, discarded', async () => {
    await post(ana, { intent: 'retry', record: ids.first });
    const group = { connection: north.connection.id, stream: 'clients', kind: 'characters' };
    await post(ana, { intent: 'retry-group', ...group });
    const actor = { tenantId: north.tenant.id, userId: null };
    const { text, digest } = await readRecordForEditing(actor, ids.first);
    const corrected = { item: mend(text ?? '', 'Call Abigail'), digest };
    await post(ana, corrected, `${home}/${ids.first}`);
    await post(ana, { intent: 'discard', record: ids.second, note: 'Abigail is a test' });
    const found = await news();
    expect(found.map(({ action }) => action)).toEqual([
      'record.retried',
      'record.retried',
      'record.corrected',
      'record.discarded',
    ]);
    expect(found[0]?.after).toEqual({ accepted: 0, rejected: 1, unreadable: 0 });
    expect(found[1]).toMatchObject({
      target: 'clients: Characters that cannot be stored',
      after: { accepted: 0, rejected: 2, unreadable: 0 },
    });
    expect(found[2]?.after).toEqual({ whiteboard: 'C•••' });
    expect(JSON.stringify(found)).not.toContain('Abigail');
  });

  it('a job: retried, with its kind, discarded', async () => {
    await post(ana, { intent: 'job-retry', job: await addJob('one') });
    await addJob('two');
    await post(ana, { intent: 'job-retry-group', job: 'prune-raw', kind: 'failed' });
    await post(ana, { intent: 'job-discard', job: await addJob('three'), note: 'Not needed' });
    const found = await news();
    expect(toLines(found)).toEqual([
      'job.retried: prune-raw',
      'job.retried: prune-raw',
      'job.discarded: prune-raw',
    ]);
    expect(found[1]?.after).toEqual({ jobs: 1, kind: 'failed' });
  });
});
