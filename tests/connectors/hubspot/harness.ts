import { afterAll } from 'vitest';
import { createHttpClient } from '#lib/platform/http/client.ts';
import { hubspot } from '#lib/connectors/hubspot/index.ts';
import { hubSpotSettings } from '#lib/connectors/hubspot/settings.ts';
import type { Cursor, Page, ReadSpan } from '#lib/connectors/contract/source.ts';
import { startSandbox, type HubSpotChange, type HubSpotSpec } from '../../../sandbox/index.ts';
import { findStream, mapperOf, nobody } from '../streams.ts';

export const NOW = Date.UTC(2026, 10, 20, 12);
export const TOKEN = 'pat-test-0123456789';
export const full: ReadSpan = { mode: 'full', since: null, token: null };
export const changes = (token: Cursor): ReadSpan => ({ mode: 'changes', since: null, token });

/** Time stands still in most tests, so the limits of a second must not be met. */
const unlimited = { burst: 1_000_000, searches: 1_000_000 };

export const portalSpec = (spec: Partial<HubSpotSpec> = {}): HubSpotSpec => ({
  name: 'portal',
  label: 'Portal',
  token: TOKEN,
  portalId: 4_411,
  seed: 'portal',
  contacts: 0,
  countedOn: NOW,
  limits: unlimited,
  ...spec,
});

/** A sandbox with one account, and the adapter connected to it over HTTP. */
export async function connect(spec: Partial<HubSpotSpec> = {}, given: object = {}) {
  const sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [],
    portals: [portalSpec(spec)],
    now: NOW,
  });
  const http = createHttpClient({
    allowedHosts: hubspot.hosts,
    allowLoopback: true,
    sleep: () => Promise.resolve(),
  });
  afterAll(async () => {
    await http.close();
    await sandbox.close(0);
  });
  const settings = hubSpotSettings.parse({ baseUrl: sandbox.hubspot.baseUrl, ...given });
  const secrets = { accessToken: TOKEN };
  const access = { http, settings, secrets, now: new Date(NOW), concurrency: 1 };
  const read = (
    name: string,
    span = full,
    cursor: Cursor = null,
    paths: readonly string[] = streamOf(name)
      .mapping({ settings, currency: 'USD' })
      .flatMap(({ sources }) => sources),
  ) => streamOf(name).read({ ...access, span, paths, partitions: nobody }, cursor);
  const mutate = (...all: HubSpotChange[]) =>
    sandbox.hubspot.mutate('portal', { changes: all }).ids;
  /** Sends a request that the adapter would not send. */
  const call = async (method: string, path: string, body?: unknown, token = TOKEN) => {
    const response = await fetch(`${sandbox.hubspot.baseUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, unknown>,
    };
  };
  return { sandbox, access, read, mutate, call };
}

export const streamOf = (name: string) => findStream(hubspot.streams, name);

export const idsOf = (name: string, pages: readonly Page[]): string[] =>
  pages.flatMap(({ items }) => items.map((item) => streamOf(name).identify(item) ?? ''));

export const deletedOn = (pages: readonly Page[]): string[] =>
  pages.flatMap(({ deleted = [] }) => deleted);

/** The records of all items by the default mapping, as they would be stored. */
export async function recordsOf(name: string, pages: readonly Page[], settings: object = {}) {
  const map = await mapperOf(streamOf(name), hubSpotSettings.parse(settings));
  return pages.flatMap(({ items }) => items).map((item, index) => map(item, { index }));
}

export const person = (
  properties: Record<string, string | null>,
  more: { id?: string; at?: number } = {},
): HubSpotChange => ({
  op: 'add',
  kind: 'contacts',
  properties: { lifecyclestage: 'lead', ...properties },
  ...more,
});
