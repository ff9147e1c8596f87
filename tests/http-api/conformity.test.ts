import { globSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { useDatabase } from '../helpers/database.ts';
import type { WebClient } from '../helpers/web.ts';
import { useApi } from './fixtures.ts';

const api = useApi(useDatabase().url);

interface Operation {
  parameters?: { name: string; in: string }[];
  responses: Record<string, { content: { 'application/json': { schema: { $ref?: string } } } }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Parameters<typeof z.fromJSONSchema>[0]> };
}
const document = async () => (await api.web.visitor().json<Document>('/api/openapi.json')).body;

/** Addresses that browsers are sent to, here or by a provider, and that answer with a redirect. */
const forBrowsers = /api\/(?:auth|integrations\/oauth)\//;

/** Methods and addresses of the other route files, as the router sees them. */
async function routes(): Promise<string[]> {
  const files = globSync('src/pages/api/**/*.ts').filter((file) => !forBrowsers.test(file));
  const found = await Promise.all(
    files.map(async (file) => {
      const module = (await import(pathToFileURL(path.resolve(file)).href)) as Record<
        string,
        unknown
      >;
      const address = file
        .replace(/^src\/pages/, '')
        .replace(/\.ts$/, '')
        .replace(/\/index$/, '')
        .replaceAll(/\[(\w+)\]/g, '{$1}');
      return ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']
        .filter((method) => method in module)
        .map((method) => `${method} ${address}`);
    }),
  );
  return found.flat().toSorted();
}

describe('the OpenAPI document', () => {
  it('describes every route and nothing else', async () => {
    const { openapi, paths } = await document();
    expect(openapi).toBe('3.1.0');
    const described = Object.entries(paths).flatMap(([address, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${address}`),
    );
    expect(described.toSorted()).toEqual(await routes());
  });

  const calls: [string, () => WebClient, string, RequestInit?][] = [
    ['200', () => api.viewer, '/api/sync/status?tenant=north'],
    ['200', () => api.viewer, '/api/dashboard/notes?tenant=north&limit=3&offset=2&search=note'],
    ['200', () => api.viewer, '/api/dashboard/schedule?tenant=north'],
    ['200', () => api.viewer, '/api/dashboard/leads?tenant=north&period=12m&compare=year'],
    ['200', () => api.viewer, '/api/referrals?tenant=north&type=co-sell&limit=5'],
    ['400', () => api.viewer, '/api/dashboard/leads?tenant=north&period=x'],
    ['400', () => api.viewer, '/api/dashboard/notes?tenant=North%20Side'],
    ['401', () => api.web.visitor(), '/api/dashboard/notes'],
    ['403', () => api.viewer, '/api/sync?tenant=north', { method: 'POST' }],
    ['404', () => api.viewer, '/api/dashboard/schedule?tenant=south'],
    ['202', () => api.member, '/api/sync?tenant=north', { method: 'POST' }],
    ['409', () => api.member, '/api/sync?tenant=north', { method: 'POST' }],
  ];

  it.each(calls)(
    'tells the truth about the %s of a real call',
    async (status, client, address, init) => {
      const { paths, components } = await document();
      const operation = paths[address.split('?')[0] ?? '']?.[init?.method?.toLowerCase() ?? 'get'];
      const name =
        operation?.responses[status]?.content['application/json'].schema.$ref?.split('/').at(-1) ??
        '';
      const answer = await client().json(address, init);
      expect(String(answer.status)).toBe(status);
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
      const schema = z.fromJSONSchema(components.schemas[name] ?? false);
      expect(z.prettifyError(schema.safeParse(answer.body).error ?? new z.ZodError([]))).toBe('');
      const described = Object.keys(
        (components.schemas[name] as { properties?: object }).properties ?? {},
      );
      expect(Object.keys(answer.body).toSorted(), 'no more and no less than described').toEqual(
        described.toSorted(),
      );
    },
  );

  it('names every parameter that a route takes', async () => {
    const { paths } = await document();
    const names = (address: string) =>
      paths[address]?.['get']?.parameters?.map((parameter) => parameter.name);
    expect(names('/api/dashboard/notes')).toEqual(['tenant', 'limit', 'offset', 'search']);
    expect(names('/api/dashboard/leads')).toEqual(['tenant', 'period', 'from', 'to', 'compare']);
  });
});

describe('every address of the API', () => {
  it.each(['/api/nothing', '/api/sync/status/more', '/api/dashboard', '/api/auth/list-sessions'])(
    '%s is a 404 in JSON',
    async (address) => {
      const { status, body } = await api.viewer.json(address);
      expect([status, body]).toEqual([
        404,
        {
          error: { code: 'not_found', message: expect.any(String), requestId: expect.any(String) },
        },
      ]);
    },
  );

  it.each([
    ['DELETE', '/api/sync/status', 'GET, HEAD'],
    ['POST', '/api/dashboard/notes', 'GET, HEAD'],
    ['PUT', '/api/dashboard/leads', 'GET, HEAD'],
    ['PATCH', '/api/dashboard/schedule', 'GET, HEAD'],
    ['GET', '/api/sync', 'POST'],
    ['POST', '/api/openapi.json', 'GET, HEAD'],
  ])('%s %s is refused with the methods that there are', async (method, address, allow) => {
    const { status, headers, body } = await api.member.json(address, { method });
    expect([status, headers.get('allow')]).toEqual([405, allow]);
    expect(body).toMatchObject({ error: { code: 'method_not_allowed' } });
  });

  it('answers HEAD like GET without a body', async () => {
    const response = await api.viewer.fetch('/api/dashboard/leads?tenant=north', {
      method: 'HEAD',
    });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect((await api.web.visitor().fetch('/api/dashboard/leads', { method: 'HEAD' })).status).toBe(
      401,
    );
  });
});
