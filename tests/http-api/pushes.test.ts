import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { requestMatchingSlice } from '#lib/outbound/push/request-matching.ts';
import { setFeature } from '#lib/identity/features.ts';
import { useDatabase } from '../helpers/database.ts';
import { password, startWeb, type Web, type WebClient } from '../helpers/web.ts';
import { addLeads, drain, org, pushStage, truth, type PushStage } from '../outbound/stage.ts';

const db = useDatabase();
let sandbox: Sandbox;
let stage: PushStage;
let other: PushStage;
let web: Web;
let member: WebClient;
let viewer: WebClient;

beforeAll(async () => {
  sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [org],
    now: Date.UTC(2026, 10, 20),
  });
  [stage, other] = [await pushStage(db, sandbox), await pushStage(db, sandbox)];
  for (const role of ['member', 'viewer'] as const)
    await createUser({ email: `${role}@push.test`, password, tenantSlug: stage.slug, role });
  web = await startWeb(db.url);
  [member, viewer] = [await web.signIn('member@push.test'), await web.signIn('viewer@push.test')];
});
afterAll(async () => {
  await web?.stop();
  await sandbox.close(0);
});

const at = (path: string) => `${path}?tenant=${stage.slug}`;
interface Answer {
  connectionId: string;
  job: string;
  queued: number;
  alreadyPending: number;
  pushes: { leadId: string; pushId: string | null; outcome: string; reason: string | null }[];
  error: { code: string; message: string };
}

describe('pushes through the API', () => {
  it('are asked for by lead and by domain, and tell where they stand', async () => {
    const [leadId = ''] = await addLeads(stage, [
      { domain: 'globex.example', email: 'ada@globex.example', score: 80 },
    ]);
    const asked = await member.postJson<Answer>(at('/api/v1/d365/push-lead'), { lead_id: leadId });
    expect(asked).toMatchObject({
      status: 202,
      body: {
        job: 'push-leads',
        connectionId: stage.connectionId,
        queued: 1,
        pushes: [{ leadId, outcome: 'queued', reason: null }],
      },
    });
    expect(
      await member.postJson<Answer>(at('/api/dynamics/sync/www.Globex.example')),
    ).toMatchObject({
      status: 202,
      body: { queued: 0, alreadyPending: 1, pushes: [{ leadId, outcome: 'already_pending' }] },
    });
    await drain(stage);
    const { status, body } = await viewer.json<{
      domain: string;
      leads: { leadId: string; pushes: { history: { step: string; outcome: string }[] }[] }[];
    }>(at('/api/dynamics/status/globex.example'));
    expect(status).toBe(200);
    expect(body).toMatchObject({
      domain: 'globex.example',
      leads: [
        {
          leadId,
          pushes: [
            {
              state: 'synced',
              attempts: 0,
              error: null,
              remoteId: truth(stage, 'lead').find((row) => row['hnt_leadid'] === leadId)?.[
                'leadid'
              ],
            },
          ],
        },
      ],
    });
    expect(JSON.stringify(body)).not.toContain('ada@globex');
    expect(body.leads[0]?.pushes[0]?.history[0]).toMatchObject({ step: 'synced', outcome: 'ok' });
  });

  it('are asked for in bulk, by ids and by a filter', async () => {
    const ids = await addLeads(
      stage,
      Array.from({ length: 3 }, () => ({ segment: 'Cold' })),
    );
    const [foreign = ''] = await addLeads(other, [{}]);
    const named = await member.postJson<Answer>(at('/api/dynamics/bulk-sync'), {
      ids: [...ids.slice(0, 2), foreign],
    });
    expect(named).toMatchObject({ status: 202, body: { queued: 2 } });
    expect(named.body.pushes.find(({ leadId }) => leadId === foreign)).toMatchObject({
      outcome: 'refused',
      pushId: null,
      reason: 'There is no such lead in this workspace.',
    });
    expect(
      await member.postJson(at('/api/dynamics/bulk-sync'), { filter: 'segment=Cold' }),
    ).toMatchObject({ status: 202, body: { job: 'request-pushes', pushes: [] } });
    expect(
      await member.postJson(at('/api/dynamics/bulk-sync'), { filter: 'segment=Cold' }),
    ).toMatchObject({ status: 409 });
    await requestMatchingSlice(
      {
        tenantId: stage.tenantId,
        connectionId: stage.connectionId,
        query: 'segment=Cold',
        after: null,
        requestedBy: null,
      },
      () => false,
    );
    expect(await drain(stage)).toMatchObject({ synced: 3 });
  });

  it('are asked for, and followed, without the name of a CRM', async () => {
    const [leadId = ''] = await addLeads(stage, [{ domain: 'umbrella.example' }]);
    expect(await member.postJson<Answer>(at('/api/pushes'), { ids: [leadId] })).toMatchObject({
      status: 202,
      body: { queued: 1, connectionId: stage.connectionId },
    });
    await drain(stage);
    const followed = await viewer.json<{ leads: unknown[] }>(
      `${at('/api/pushes')}&domain=umbrella.example`,
    );
    expect(followed.body.leads).toMatchObject([
      { leadId, pushes: [{ connectionId: stage.connectionId, state: 'synced' }] },
    ]);
  });

  it('are refused with what to do about it', async () => {
    const [foreign = ''] = await addLeads(other, [{}]);
    const refusals: [WebClient, string, object, number, string][] = [
      [member, '/api/v1/d365/push-lead', {}, 400, 'body is invalid'],
      [
        member,
        '/api/v1/d365/push-lead',
        { lead_id: foreign, domain: 'x.example' },
        400,
        'body is invalid',
      ],
      [member, '/api/v1/d365/push-lead', { lead_id: foreign }, 404, 'lead does not exist'],
      [
        member,
        '/api/v1/d365/push-lead',
        { domain: 'nobody.example' },
        404,
        'No lead of this workspace',
      ],
      [member, '/api/dynamics/sync/not a domain', {}, 400, 'not a domain. Enter'],
      [member, '/api/dynamics/bulk-sync', { ids: [] }, 400, 'body is invalid'],
      [member, '/api/dynamics/bulk-sync', { all: true, filter: '' }, 400, 'body is invalid'],
      ...[
        'period=custom&from=0001-01-01&to=2026-01-01',
        'period=custom&from=2026-02-30&to=2026-03-01',
        'period=custom',
        'period=yesterday',
      ].map((filter): (typeof refusals)[number] => [
        member,
        '/api/dynamics/bulk-sync',
        { filter },
        400,
        'body is invalid',
      ]),
      [viewer, '/api/dynamics/bulk-sync', { all: true }, 403, 'this requires member'],
    ];
    for (const [client, path, body, status, words] of refusals) {
      const answer = await client.postJson<Answer>(at(path), body);
      expect([path, answer.status, answer.body.error.message]).toEqual([
        path,
        status,
        expect.stringContaining(words) as string,
      ]);
    }
    await setFeature(stage.tenantId, 'crm-push', false, null);
    expect(await member.postJson(at('/api/dynamics/bulk-sync'), { all: true })).toMatchObject({
      status: 409,
      body: {
        error: {
          code: 'conflict',
          message: expect.stringContaining('Settings, Features') as string,
        },
      },
    });
  });
});
