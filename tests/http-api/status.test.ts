import { describe, expect, it } from 'vitest';
import { useDatabase } from '../helpers/database.ts';
import { useApi } from './fixtures.ts';

const db = useDatabase();
const api = useApi(db.url);

const status = '/api/sync/status?tenant=north';
const freshAt = (age: string) =>
  db.query(`update stream_states set fresh_at = now() - $2::interval where tenant_id = $1`, [
    api.north.tenant.id,
    age,
  ]);

describe('GET /api/sync/status', () => {
  it('tells when the data was last complete, and its state', async () => {
    const { status: code, body, headers } = await api.viewer.json(status);
    expect(code).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    const [truth] = await db.query<{ at: Date }>(
      `select min(fresh_at) as at from stream_states where tenant_id = $1`,
      [api.north.tenant.id],
    );
    expect(body).toMatchObject({
      lastSyncAt: truth?.at.toISOString(),
      status: 'success',
      isStale: false,
      running: null,
    });
    expect(body['sources']).toMatchObject([
      {
        connectionId: api.north.connection.id,
        provider: 'clienttether',
        status: 'success',
        rejected: 0,
        needsReconnect: false,
      },
    ]);
  });

  it('means the active workspace when none is named', async () => {
    expect((await api.viewer.json('/api/sync/status')).body).toEqual(
      (await api.viewer.json(status)).body,
    );
  });

  it('asks for a session', async () => {
    const { status: code, body } = await api.web.visitor().json(status);
    expect(code).toBe(401);
    expect(body).toEqual({
      error: {
        code: 'unauthenticated',
        message: expect.any(String),
        requestId: expect.any(String),
      },
    });
  });

  it('calls data stale when it is older than two hours', async () => {
    await freshAt('1 hour 59 minutes');
    expect((await api.viewer.json(status)).body).toMatchObject({ isStale: false });
    await freshAt('2 hours 1 minute');
    expect((await api.viewer.json(status)).body).toMatchObject({
      isStale: true,
      status: 'success',
    });
  });

  it('measures on data: a failed run freshens nothing, one late stream ages all', async () => {
    await freshAt('3 hours');
    await db.query(
      `insert into sync_runs (tenant_id, id, connection_id, trigger, status, started_at,
         finished_at, error_message)
      values ($1, new_id(), $2, 'schedule', 'failed', now(), now(), 'The source did not answer.')`,
      [api.north.tenant.id, api.north.connection.id],
    );
    const failed = (await api.viewer.json(status)).body;
    expect(failed).toMatchObject({
      isStale: true,
      status: 'failed',
      sources: [{ error: 'The source did not answer.' }],
    });
    await freshAt('1 minute');
    await db.query(
      `update stream_states
       set fresh_at = now() - interval '5 hours'
       where tenant_id = $1 and stream = 'notes'`,
      [api.north.tenant.id],
    );
    expect((await api.viewer.json(status)).body).toMatchObject({ isStale: true });
  });

  it('tells of data that was never complete', async () => {
    await db.query(
      `update stream_states set fresh_at = null where tenant_id = $1 and stream = 'notes'`,
      [api.north.tenant.id],
    );
    expect((await api.viewer.json(status)).body).toMatchObject({ lastSyncAt: null, isStale: true });
  });

  it('shows a sync under way', async () => {
    await db.query(
      `insert into sync_runs (tenant_id, id, connection_id, trigger, status, lease, lease_until)
       values ($1, new_id(), $2, 'manual', 'running', 1, now() + interval '1 minute')`,
      [api.north.tenant.id, api.north.connection.id],
    );
    expect((await api.viewer.json(status)).body).toMatchObject({
      status: 'running',
      running: { runId: expect.any(String), fetched: 0, stream: null },
    });
    await db.query(
      `update sync_runs set status = 'success', finished_at = now() where status = 'running'`,
    );
  });
});

describe('POST /api/sync', () => {
  const start = '/api/sync?tenant=north';
  const jobs = () =>
    db.query<{ data: { trigger: string } }>(
      `select data from pgboss.job where name = 'sync-connection'`,
    );
  const clear = () => db.query(`delete from pgboss.job`);

  it('is for members and up', async () => {
    const { status: code, body } = await api.viewer.postJson(start);
    expect([code, body]).toMatchObject([403, { error: { code: 'forbidden' } }]);
    expect((await api.web.visitor().postJson(start)).status).toBe(401);
    expect(await jobs()).toEqual([]);
  });

  it('starts one sync however often it is asked at once', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => api.member.postJson(start)));
    expect(answers.map((answer) => answer.status).toSorted()).toEqual([
      202, 409, 409, 409, 409, 409,
    ]);
    expect(answers.find((answer) => answer.status === 202)?.body).toEqual({ queued: 1 });
    expect(answers.find((answer) => answer.status === 409)?.body).toMatchObject({
      error: { code: 'conflict' },
    });
    expect(await jobs()).toMatchObject([
      {
        data: {
          tenantId: api.north.tenant.id,
          connectionId: api.north.connection.id,
          trigger: 'manual',
        },
      },
    ]);
    await clear();
  });

  it('refuses while a sync runs', async () => {
    await db.query(
      `insert into sync_runs (tenant_id, id, connection_id, trigger, status, lease, lease_until)
       values ($1, new_id(), $2, 'schedule', 'running', 1, now() + interval '1 minute')`,
      [api.north.tenant.id, api.north.connection.id],
    );
    expect((await api.member.postJson(start)).status).toBe(409);
    await db.query(
      `update sync_runs set status = 'success', finished_at = now() where status = 'running'`,
    );
    expect(await jobs()).toEqual([]);
  });

  it('sends a form back to the page it came from', async () => {
    const location = async (fields: Record<string, string>, headers?: Record<string, string>) => {
      const response = await api.member.postForm(start, fields, headers);
      return [response.status, response.headers.get('location')];
    };
    expect(await location({ return: '/w/north/leads?source=Website' })).toEqual([
      303,
      '/w/north/leads?source=Website&done=sync-started',
    ]);
    expect(await location({}, { referer: `${api.web.url}/w/north/notes` })).toEqual([
      303,
      '/w/north/notes?done=sync-under-way',
    ]);
    for (const elsewhere of [
      'https://evil.test/w/north/leads',
      '//evil.test/',
      '/w/south/leads',
      '/w/north/../south/leads',
      '/w/north/\r\nset-cookie:x',
    ]) {
      expect(await location({ return: elsewhere }), elsewhere).toEqual([
        303,
        '/w/north/dashboard?done=sync-under-way',
      ]);
    }
    expect(await jobs()).toHaveLength(1);
    await clear();
  });

  it('refuses a form of another site', async () => {
    expect((await api.member.postForm(start, {}, { origin: 'https://evil.test' })).status).toBe(
      403,
    );
    expect(await jobs()).toEqual([]);
  });
});
