import { beforeEach, describe, expect, it } from 'vitest';
import { config, resetConfig } from '../../src/lib/platform/config.ts';
import { createHttpClient } from '../../src/lib/platform/http/client.ts';
import { observeAttempts } from '../../src/lib/platform/http/observe.ts';
import { handleMetricsRequest } from '../../src/lib/platform/metrics/endpoint.ts';
import { countRequest } from '../../src/lib/platform/metrics/http.ts';
import {
  addReading,
  counter,
  renderMetrics,
  gauge,
} from '../../src/lib/platform/metrics/registry.ts';
import { testEnv } from '../helpers/database.ts';
import { serve } from './http/servers.ts';

const token = 'a-token-that-only-tests-use';
/** The value of one series in the text that a scraper gets; undefined when it is not there. */
const valueOf = (text: string, series: string): number | undefined => {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};
const scrape = async () => (await renderMetrics()).text;

beforeEach(() => {
  Object.assign(process.env, testEnv('postgres://nobody@127.0.0.1:1/nowhere'), {
    METRICS_TOKEN: token,
  });
  resetConfig();
});

describe('/metrics', () => {
  it('does not exist without a token, wherever the request comes from', async () => {
    delete process.env['METRICS_TOKEN'];
    resetConfig();
    for (const header of [null, undefined, '', 'Bearer ', 'Bearer undefined', `Bearer ${token}`])
      expect(await handleMetricsRequest(header)).toMatchObject({ status: 404 });
  });

  it.each([
    null,
    '',
    token,
    `bearer ${token}`,
    `Bearer  ${token}`,
    `Bearer ${token}x`,
    `Bearer ${token.slice(0, -1)}`,
    `Basic ${Buffer.from(`u:${token}`).toString('base64')}`,
  ])('refuses %j', async (header) => {
    const answer = await handleMetricsRequest(header);
    expect(answer).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer' } });
    expect(answer.body).not.toMatch(/http_requests|process_/);
  });

  it('shows whoever has the token the process and its build', async () => {
    const { status, headers, body } = await handleMetricsRequest(`Bearer ${token}`);
    expect([status, headers['content-type']]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    expect(body).toMatch(/^process_resident_memory_bytes \d+/m);
    expect(body).toMatch(/^tributary_build_info\{version="[\d.]+",node="[\d.]+"\} 1$/m);
    expect(body).not.toContain(token);
  });

  it('is refused a token that is too short to be one', () => {
    process.env['METRICS_TOKEN'] = 'short';
    resetConfig();
    expect(() => config()).toThrow('METRICS_TOKEN: must be at least 16 characters');
  });
});

describe('figures', () => {
  it('are exactly what was counted, under names and labels as given', async () => {
    const made = counter('test_things_total', 'Things', ['kind']);
    made.inc({ kind: 'a "quoted"\nname' }, 3);
    expect(await scrape()).toContain('test_things_total{kind="a \\"quoted\\"\\nname"} 3');
  });

  it('of requests stand by the pattern of their route; odd methods are one', async () => {
    for (const method of ['GET', 'BREW', 'PROPFIND'])
      countRequest(method, '/w/[tenant]/leads', 200, 12);
    const text = await scrape();
    expect(
      valueOf(text, 'http_requests_total{method="GET",route="/w/[tenant]/leads",status="200"}'),
    ).toBe(1);
    expect(
      valueOf(text, 'http_requests_total{method="other",route="/w/[tenant]/leads",status="200"}'),
    ).toBe(2);
    expect(valueOf(text, 'http_request_latency_ms_bucket{le="25",route="/w/[tenant]/leads"}')).toBe(
      3,
    );
  });

  it('of tries stand by provider and outcome, and hold nothing of what was sent', async () => {
    const server = await serve((request, response) =>
      response.writeHead(request.url?.includes('good') ? 200 : 503).end('{}'),
    );
    const http = createHttpClient({
      allowedHosts: [],
      allowLoopback: true,
      retry: { retries: 2, baseMs: 1 },
      onRequest: observeAttempts('somewhere'),
    });
    await http.request({
      url: `${server.url}good`,
      query: { key: 'tell-tale-query' },
      headers: { 'x-key': 'tell-tale-header' },
    });
    await http.request({ url: `${server.url}tell-tale-path` }).catch(() => {});
    await http.close();
    const text = await scrape();
    expect(valueOf(text, 'outbound_tries_total{provider="somewhere",outcome="ok"}')).toBe(1);
    expect(valueOf(text, 'outbound_tries_total{provider="somewhere",outcome="transient"}')).toBe(3);
    expect(valueOf(text, 'outbound_latency_ms_count{provider="somewhere"}')).toBe(4);
    expect(text).not.toMatch(/tell-tale|127\.0\.0\.1/);
  });
});

describe('figures that are read at a scrape', () => {
  it('are read once for many scrapes', async () => {
    let reads = 0;
    const made = gauge('test_reads', 'How often this was read');
    addReading('counted', async () => made.set((reads += 1)));
    await Promise.all(Array.from({ length: 20 }, scrape));
    expect(valueOf(await scrape(), 'test_reads')).toBe(1);
  });

  it('that fail are counted, and the rest is returned all the same', async () => {
    addReading('broken', () => Promise.reject(new Error('no database')));
    const text = await scrape();
    expect(valueOf(text, 'metrics_reading_failures_total{reading="broken"}')).toBe(1);
    expect(valueOf(text, 'test_reads')).toBe(1);
  });
});
