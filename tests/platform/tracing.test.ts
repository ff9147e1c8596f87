import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rowsAccount, startSandbox, type Sandbox } from '../../sandbox/index.ts';
import { createUser } from '#lib/identity/auth/users.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { startTracing, withSpan } from '../../src/lib/platform/tracing.ts';
import { useDatabase } from '../helpers/database.ts';
import { until } from '../helpers/processes.ts';
import { client } from '../helpers/rows.ts';
import { password, startWeb, type Web } from '../helpers/web.ts';
import { createWorkspace, type Workspace } from '../helpers/workspace.ts';

interface Span {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  kind: number;
  status: { code?: number; message?: string };
  service: string;
  attributes: Record<string, unknown>;
}
interface Sent {
  resourceSpans: {
    resource: { attributes: Attribute[] };
    scopeSpans: { spans: (Omit<Span, 'attributes' | 'service'> & { attributes: Attribute[] })[] }[];
  }[];
}
interface Attribute {
  key: string;
  value: Record<string, unknown>;
}
const plain = (attributes: Attribute[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

/** An OTLP/HTTP collector on this machine, which keeps all it is sent, also as text. */
const spans: Span[] = [];
let raw = '';
const keys: (string | undefined)[] = [];
const collector = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString();
    raw += body;
    keys.push(request.headers['x-collector-key'] as string | undefined);
    for (const { resource, scopeSpans } of (JSON.parse(body) as Sent).resourceSpans) {
      const service = String(plain(resource.attributes)['service.name']);
      for (const span of scopeSpans.flatMap((scope) => scope.spans))
        spans.push({ ...span, service, attributes: plain(span.attributes) });
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
});

const db = useDatabase();
let sandbox: Sandbox;
let workspace: Workspace;
let web: Web;
const secrets = ['CT_tell_tale_key', 'tell-tale-token', 'tell-tale-collector-key', password];

beforeAll(async () => {
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  Object.assign(process.env, {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-collector-key=tell-tale-collector-key',
    OTEL_BSP_SCHEDULE_DELAY: '100',
  });
  sandbox = await startSandbox({
    accounts: [
      rowsAccount({
        name: 'traced',
        webKey: 'CT_tell_tale_key',
        accessToken: 'tell-tale-token',
        rows: { clients: [client(1)] },
      }),
    ],
    now: Date.UTC(2026, 10, 20),
  });
  workspace = await createWorkspace(sandbox, 'traced');
  await createUser({ email: 'ana@traced.test', password, tenantSlug: 'traced', role: 'viewer' });
});
afterAll(async () => {
  await web?.stop();
  await sandbox?.close();
  await new Promise((resolve) => collector.close(resolve));
});

const named = (name: string): Span[] => spans.filter((span) => span.name === name);

describe('without the variables', () => {
  it.each([
    ['none', {}],
    [
      'switched off',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_SDK_DISABLED: 'true' },
    ],
    [
      'no exporter',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_TRACES_EXPORTER: 'none' },
    ],
  ])('work goes on and nothing that sends is loaded: %s', async (_what, env) => {
    const script = `
      import { Module } from 'node:module';
      import { startTracing, withSpan, recordSpan } from './src/lib/platform/tracing.ts';
      const stop = await startTracing('nothing');
      const answer = await withSpan('a', {}, async (note) => {
        note({ count: 1 });
        recordSpan('b', {}, 1, false);
        return 42;
      });
      await stop();
      const heavy = /opentelemetry.(sdk|exporter|otlp|resources)/;
      console.log(answer, Object.keys(Module._cache).filter((file) => heavy.test(file)).length);`;
    const { OTEL_EXPORTER_OTLP_ENDPOINT: _endpoint, ...rest } = process.env;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '-e', script],
      { env: { ...rest, ...env } },
    );
    expect(stdout.trim()).toBe('42 0');
  });
});

describe('traces', () => {
  it('hold what runs inside what, with fields of the log and the conventional names', async () => {
    const stop = await startTracing('tributary-test');
    await withSpan(
      'outer',
      { tenantId: workspace.tenant.id, provider: 'clienttether' },
      async (note) => {
        await withSpan('inner', { stream: 'clients', count: 3 }, () => Promise.resolve());
        note({ status: 'success' });
        await syncConnection({
          tenantId: workspace.tenant.id,
          connectionId: workspace.connection.id,
          trigger: 'cli',
        });
      },
    );
    await expect(
      withSpan('failing', {}, () =>
        Promise.reject(new Error(`refused: tell-tale-token of ${secrets[0]}`)),
      ),
    ).rejects.toThrow('refused');
    await stop();
    await until('the spans have arrived', () => named('failing').length === 1);
    const [outer] = named('outer');
    expect(outer).toMatchObject({
      service: 'tributary-test',
      attributes: {
        'tributary.tenantId': workspace.tenant.id,
        'tributary.provider': 'clienttether',
        'tributary.status': 'success',
      },
    });
    expect(named('inner')).toMatchObject([
      {
        traceId: outer?.traceId,
        parentSpanId: outer?.spanId,
        attributes: { 'tributary.stream': 'clients' },
      },
    ]);
    const tries = named('GET clienttether');
    expect(tries.length).toBeGreaterThan(3);
    for (const span of tries)
      expect(span).toMatchObject({
        kind: 3,
        traceId: outer?.traceId,
        attributes: { 'http.request.method': 'GET', 'tributary.provider': 'clienttether' },
      });
    expect(named('failing')).toMatchObject([
      { status: { code: 2, message: expect.not.stringContaining('tell-tale') } },
    ]);
  });

  it('of pages bear route pattern and database time, and are sent when the web ends', async () => {
    web = await startWeb(db.url);
    const visitor = await web.signIn('ana@traced.test');
    expect((await visitor.fetch('/w/traced/leads?search=tell-tale-search')).status).toBe(200);
    expect((await visitor.fetch('/w/tell-tale-slug/leads')).status).toBe(404);
    await web.stop();
    const pages = named('GET /w/[tenant]/leads');
    expect(pages).toHaveLength(2);
    expect(
      pages.map(({ service, kind, attributes }) => [
        service,
        kind,
        attributes['http.route'],
        attributes['http.response.status_code'],
      ]),
    ).toEqual([
      ['tributary-web', 2, '/w/[tenant]/leads', 200],
      ['tributary-web', 2, '/w/[tenant]/leads', 404],
    ]);
    const [page] = pages;
    expect(Number(page?.attributes['tributary.dbQueries'])).toBeGreaterThan(5);
    expect(page?.attributes).toHaveProperty('tributary.dbMs');
    expect(page?.attributes).toHaveProperty('tributary.requestId');
  });

  it('hold no secret, no address and nothing that a visitor typed', () => {
    expect(spans.length).toBeGreaterThan(10);
    for (const text of [...secrets, 'tell-tale', 'ana@traced.test', 'lead1@example.com'])
      expect(raw).not.toContain(text);
    expect(new Set(keys)).toEqual(new Set(['tell-tale-collector-key']));
  });
});
