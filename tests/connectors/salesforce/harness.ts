import { afterAll } from 'vitest';
import { createHttpClient } from '#lib/platform/http/client.ts';
import { salesforce } from '#lib/connectors/salesforce/index.ts';
import { salesforceSettings } from '#lib/connectors/salesforce/settings.ts';
import type { Cursor, Page, ReadSpan } from '#lib/connectors/contract/source.ts';
import {
  startSandbox,
  type SalesforceChange,
  type SalesforceSpec,
  type Sandbox,
} from '../../../sandbox/index.ts';
import { findStream, nobody } from '../streams.ts';

export const NOW = Date.UTC(2026, 10, 20, 12);
export const MINUTE = 60_000;
export const DAY = 86_400_000;
export const full: ReadSpan = { mode: 'full', since: null, token: null };
export const changes = (token: Cursor): ReadSpan => ({ mode: 'changes', since: null, token });

export const credentials = {
  clientId: 'consumer_key_1',
  clientSecret: 'secret-of-the-app-1',
};

export const orgSpec = (spec: Partial<SalesforceSpec> = {}): SalesforceSpec => ({
  name: 'org',
  label: 'Org',
  ...credentials,
  seed: 'org',
  leads: 0,
  countedOn: NOW,
  ...spec,
});

/** Asks for a token as the application does. */
async function fetchToken(sandbox: Sandbox): Promise<string> {
  const answer = await fetch(`${sandbox.salesforce.baseUrl}services/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: credentials.clientId,
      client_secret: credentials.clientSecret,
    }),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

/** A sandbox with one organisation, and the adapter connected to it over HTTP. */
export async function connect(spec: Partial<SalesforceSpec> = {}, given: object = {}) {
  const sandbox = await startSandbox({
    accounts: [],
    partners: [],
    orgs: [],
    salesforce: [orgSpec(spec)],
    now: NOW,
  });
  let token = await fetchToken(sandbox);
  const http = createHttpClient({
    allowedHosts: salesforce.hosts,
    allowLoopback: true,
    now: () => new Date(sandbox.clock.now()),
    sleep: () => Promise.resolve(),
  });
  afterAll(async () => {
    await http.close();
    await sandbox.close(0);
  });
  const settings = salesforceSettings.parse({
    baseUrl: sandbox.salesforce.baseUrl,
    pageSize: 200,
    bulkPollMs: 10,
    ...given,
  });
  const authorized = {
    request: (request: Parameters<typeof http.request>[0]) =>
      http.request({
        ...request,
        headers: { ...request.headers, authorization: `Bearer ${token}` },
      }),
  };
  const toAccess = () => ({
    http: authorized,
    settings,
    secrets: {},
    now: new Date(sandbox.clock.now()),
    concurrency: 1,
  });
  const read = (
    name: string,
    span = full,
    cursor: Cursor = null,
    paths: readonly string[] = streamOf(name)
      .mapping({ settings, currency: 'USD' })
      .flatMap(({ sources }) => sources),
  ) => streamOf(name).read({ ...toAccess(), span, paths, partitions: nobody }, cursor);
  /** Another login, as after the end of a token. */
  const renew = async () => void (token = await fetchToken(sandbox));
  /** Time passes, and the token with it. */
  const pass = async (ms: number) => {
    sandbox.clock.shift(ms);
    await renew();
  };
  const mutate = (...made: SalesforceChange[]) =>
    sandbox.salesforce.mutate('org', { changes: made }).ids;
  return { sandbox, toAccess, read, renew, pass, mutate };
}

export const streamOf = (name: string) => findStream(salesforce.streams, name);

export const idsOf = (name: string, pages: readonly Page[]): string[] =>
  pages.flatMap(({ items }) => items.map((item) => streamOf(name).identify(item) ?? ''));

export const lead = (row: Record<string, string | null> = {}, lateMs = 0): SalesforceChange => ({
  op: 'add',
  kind: 'Lead',
  row: { LastName: 'Diaz', Company: 'Dunlin', Status: 'Open', ...row },
  lateMs,
});

/** Where the next pass over changes begins. */
export const tokenOf = (pages: readonly Page[]): Cursor => pages.at(-1)?.token ?? null;
