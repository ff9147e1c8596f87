import { afterAll } from 'vitest';
import { createHttpClient, type HttpClientOptions } from '#lib/platform/http/client.ts';
import { createClientTetherClient } from '#lib/connectors/clienttether/client.ts';
import { clienttether } from '#lib/connectors/clienttether/index.ts';
import { clientTetherSettings } from '#lib/connectors/clienttether/settings.ts';
import type { Cursor, Page, PartitionBatch } from '#lib/connectors/contract/source.ts';
import { rowsAccount, startSandbox, type Row } from '../../../sandbox/index.ts';

const keys = { webKey: 'CT_feed01', accessToken: 'token-of-the-agency' };
export const NOW = new Date('2026-11-01T12:00:00Z');

export interface Options {
  account?: Partial<Parameters<typeof rowsAccount>[0]>;
  settings?: object;
  secrets?: Record<string, string>;
  http?: Partial<HttpClientOptions>;
}

/**
 * A sandbox with one account, and the adapter connected to it over HTTP. Waits between tries are
 * written down, not waited.
 */
export async function connect({
  account = {},
  settings = {},
  secrets = keys,
  http = {},
}: Options = {}) {
  const sandbox = await startSandbox({
    accounts: [rowsAccount({ name: 'acme', ...keys, ...account })],
    now: NOW.getTime(),
  });
  const waits: number[] = [];
  const sleep = (ms: number) => (waits.push(ms), Promise.resolve());
  const owned = createHttpClient({
    allowedHosts: clienttether.hosts,
    allowLoopback: true,
    now: () => NOW,
    sleep,
    ...http,
  });
  afterAll(async () => {
    await owned.close();
    await sandbox.close(0);
  });
  const access = {
    http: owned,
    settings: clientTetherSettings.parse({ baseUrl: sandbox.clienttether.baseUrl, ...settings }),
    secrets,
    concurrency: clienttether.limits.concurrency,
  };
  const read = (name: string, cursor: Cursor = null, batches: PartitionBatch[] = []) => {
    const partitions = async function* () {
      yield* batches;
    };
    return getStream(name).read(
      {
        ...access,
        now: NOW,
        span: { mode: 'full', since: null, token: null },
        concurrency: 3,
        paths: [],
        partitions,
      },
      cursor,
    );
  };
  return { sandbox, waits, read, access, client: createClientTetherClient(access) };
}

export function getStream(name: string) {
  const found = clienttether.streams.find((stream) => stream.name === name);
  if (!found) throw new Error(`no stream ${name}`);
  return found;
}

export async function collectPages(pages: AsyncIterable<Page>): Promise<Page[]> {
  const all: Page[] = [];
  for await (const page of pages) all.push(page);
  return all;
}

/** `count` clients, newest first, each a day older than the one before. */
export function clientRows(count: number): Row[] {
  return Array.from({ length: count }, (_, n) => {
    const day = new Date(NOW.getTime() - n * 86_400_000).toISOString().slice(0, 10);
    return {
      client_id: String(9000 - n),
      firstName: `P${n}`,
      created: `${day} 08:00:00`,
      last_modified_date: `${day} 09:00:00`,
    };
  });
}

export const noteRows = (clientIds: string[]): Row[] =>
  clientIds.map((id, n) => ({
    id: String(700 + n),
    contact_id: id,
    date: '2026-10-20 10:00:00',
    author: 'Dana',
    content: `<p>About ${id}</p>`,
  }));
