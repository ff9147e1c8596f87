import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { assertOwnLink } from '#lib/connectors/dynamics-365/position.ts';
import { createRemoteObjects } from '#lib/connectors/dynamics-365/destination/remote-objects.ts';
import { get } from '#lib/connectors/dynamics-365/request.ts';
import { pagesOf } from '../streams.ts';
import { connect, full, streamOf } from './harness.ts';

describe('a response', () => {
  let reply = { status: 200, body: '', headers: {} };
  let asked = 0;
  let answers: ((request: IncomingMessage) => object | string) | undefined;
  const server = createServer((request, response) => {
    asked += 1;
    const answer = answers?.(request) ?? reply.body;
    const body = typeof answer === 'string' ? answer : JSON.stringify(answer);
    response
      .writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers })
      .end(body.replaceAll('HERE', `http://127.0.0.1:${port()}`));
  }).listen(0, '127.0.0.1');
  const port = () => (server.address() as AddressInfo).port;
  afterAll(() => server.close());
  beforeEach(() => {
    asked = 0;
    answers = undefined;
  });

  async function given(answer: Partial<typeof reply>) {
    reply = { status: 200, body: '', headers: {}, ...answer };
    const { access } = await connect({}, { baseUrl: `http://127.0.0.1:${port()}/` });
    return { access, link: `http://127.0.0.1:${port()}/api/data/v9.2/leads` };
  }

  it('that leads to another host is not followed', async () => {
    for (const name of ['@odata.nextLink', '@odata.deltaLink']) {
      const { access } = await given({
        body: JSON.stringify({
          ChangeTrackingEnabled: true,
          Attributes: [],
          value: [],
          [name]: 'https://elsewhere.crm.dynamics.com/api/data/v9.2/leads?$skiptoken=x',
        }),
      });
      await expect(
        pagesOf(
          streamOf('leads').read(
            { ...access, span: full, paths: [], partitions: () => [] as never },
            null,
          ),
        ),
      ).rejects.toMatchObject({
        kind: 'malformed',
        message: expect.stringContaining('was not followed') as string,
      });
      expect(asked).toBeGreaterThan(0);
    }
  });

  it('that is empty never stands for a table without rows', async () => {
    const definition = { ChangeTrackingEnabled: true, Attributes: [{ LogicalName: 'fullname' }] };
    const rows = { value: [{ leadid: 'one', fullname: 'One' }] };
    const all = { mode: 'full' as const, since: null, token: null };
    const listed = async (tracked: object | string, plain: object | string) => {
      answers = ({ url = '', headers }) =>
        url.includes('EntityDefinitions')
          ? definition
          : String(headers.prefer).includes('track-changes')
            ? tracked
            : plain;
      const { access } = await given({});
      const context = { ...access, span: all, paths: [], partitions: () => [] as never };
      return pagesOf(streamOf('leads').read(context, null));
    };
    for (const nothing of [{}, '', { '@odata.context': 'x' }]) {
      const pages = await listed(nothing, rows);
      expect(pages.flatMap(({ items }) => items)).toEqual(rows.value);
      expect(pages.at(-1)?.token).not.toHaveProperty('delta');
      await expect(listed(nothing, nothing)).rejects.toMatchObject({ kind: 'malformed' });
    }
    await expect(listed({ error: {} }, rows)).rejects.toMatchObject({ kind: 'malformed' });
  });

  it('that leads to the same environment under its other name is followed', async () => {
    const { access } = await given({});
    access.settings.baseUrl = 'https://org.crm4.dynamics.com/';
    const links = ['https://org.api.crm4.dynamics.com/a', 'https://org.crm4.dynamics.com/b'];
    for (const link of links) expect(assertOwnLink(access as never, link)).toBe(link);
    for (const link of [
      'https://other.crm4.dynamics.com/',
      'https://org.crm.dynamics.com/',
      'https://org.api.crm4.dynamics.com.evil.example/',
      'http://org.crm4.dynamics.com/',
      '/relative',
    ])
      expect(() => assertOwnLink(access as never, link), link).toThrow('was not followed');
  });

  it('to a push is what its code says, whatever the status', async () => {
    const error = (code: string, message: string) => JSON.stringify({ error: { code, message } });
    const none = { label: 'record', fields: [], keys: [] };
    const metadata = { objects: { company: none, contact: none, lead: none, deal: none } };
    const read = async (answer: Parameters<typeof given>[0]) => {
      const { access, link } = await given(answer);
      const root = link.slice(0, -'leads'.length);
      return createRemoteObjects(access.http, root, metadata).read('lead', 'id-1', []);
    };
    for (const status of [400, 500])
      await expect(
        read({ status, body: error('0x80072322', 'Too many'), headers: { 'retry-after': '7' } }),
      ).rejects.toMatchObject({ kind: 'rate_limited', until: expect.any(Date) as Date });
    await expect(
      read({ status: 400, body: error('0x80040220', 'is missing prvReadLead privilege') }),
    ).rejects.toMatchObject({
      kind: 'permission',
      message: expect.stringContaining('prvReadLead') as string,
    });
    expect(await read({ status: 404, body: error('0x80040217', 'Does Not Exist') })).toBeNull();
    await expect(
      read({
        status: 404,
        body: error('0x8006088a', "Resource not found for the segment 'leads'."),
      }),
    ).rejects.toMatchObject({ kind: 'malformed' });
  });

  it('is what its code says', async () => {
    const error = (code: string, message = 'x') => JSON.stringify({ error: { code, message } });
    const cases = [
      [400, error('0x80072321'), 'rate_limited'],
      [400, error('0x80040220'), 'permission'],
      [403, '<html></html>', 'permission'],
      [404, '', 'gone'],
      [400, error('0x80060888'), 'malformed'],
      [
        400,
        error(
          '',
          'Version stamp associated with the client has expired. Please perform a full sync.',
        ),
        'cursor_invalid',
      ],
      [410, error('0x80044352'), 'cursor_invalid'],
    ] as const;
    for (const [status, body, kind] of cases) {
      const { access, link } = await given({ status, body });
      await expect(get(access, link), `${status} ${body}`).rejects.toMatchObject({ kind, status });
    }
    const { access, link } = await given({
      status: 400,
      body: error('0x80072322'),
      headers: { 'retry-after': '7' },
    });
    await expect(get(access, link)).rejects.toMatchObject({
      kind: 'rate_limited',
      until: expect.any(Date) as Date,
    });
  });
});
