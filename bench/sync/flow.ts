import { mapByDefault } from '#lib/connectors/mapped-stream.ts';
import { openConnection, createConnection } from '../../src/lib/connections/connections.ts';
import { createHttpClient } from '../../src/lib/platform/http/client.ts';
import type { PartitionBatch, ReadContext } from '#lib/connectors/contract/source.ts';
import { claimRun } from '#lib/ingest/claim-run.ts';
import type { LeasedRun } from '#lib/ingest/lease.ts';
import { finishRun } from '#lib/ingest/finish-run.ts';
import { syncStream } from '#lib/ingest/sync-stream.ts';
import type { Source, StreamReport, SyncRequest } from '#lib/ingest/types.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';

/** A connection to one of the sandbox's accounts, and the streams of it that are measured. */
export interface Subject {
  tenantId: string;
  connectionId: string;
  streams: readonly string[];
  clients: number;
}

let made = 0;

/** A new tenant whose connection has never been synced. */
export async function createSubject(
  baseUrl: string,
  account: string,
  streams: readonly string[],
): Promise<Subject> {
  made += 1;
  const { id: tenantId } = await createTenant({ slug: `sync-${made}`, name: `Sync ${made}` });
  const secrets = { webKey: `CT_${account}`, accessToken: `token-${account}` };
  const { id: connectionId } = await createConnection({
    tenantId,
    provider: 'clienttether',
    settings: { baseUrl },
    secrets,
  });
  return { tenantId, connectionId, streams, clients: Number(account.split('-')[1]) };
}

/** Syncs the streams as a run does. Throws unless every record arrived. */
export async function sync(subject: Subject): Promise<StreamReport[]> {
  const request: SyncRequest = {
    tenantId: subject.tenantId,
    connectionId: subject.connectionId,
    trigger: 'cli',
  };
  const run = await claimRun(request);
  const source = await openSource(subject, request, run);
  try {
    const reports: StreamReport[] = [];
    for (const stream of chooseStreams(source, subject))
      reports.push((await syncStream(source, stream)).report);
    const { status, errorMessage } = await finishRun(request, run, reports, undefined);
    if (status !== 'success') throw new Error(`The sync ended as ${status}: ${errorMessage ?? ''}`);
    return reports;
  } finally {
    await source.http.close();
  }
}

/** Asks for the same pages with the same client, and drops them. Gives the number of pages. */
export async function fetchOnly(subject: Subject): Promise<number> {
  const request: SyncRequest = {
    tenantId: subject.tenantId,
    connectionId: subject.connectionId,
    trigger: 'cli',
  };
  const source = await openSource(subject, request, { runId: '', lease: 0, startedAt: new Date() });
  const { http, settings, secrets } = source;
  const context: Omit<ReadContext<unknown>, 'paths'> = {
    http,
    settings,
    secrets,
    now: source.startedAt,
    span: { mode: 'full', since: null, token: null },
    concurrency: source.provider.limits.concurrency,
    partitions: () => readClients(subject),
  };
  let pages = 0;
  try {
    for (const stream of chooseStreams(source, subject))
      for await (const _page of stream.read({ ...context, paths: stream.paths }, null)) pages += 1;
  } finally {
    await http.close();
  }
  return pages;
}

async function* readClients({ clients }: Subject): AsyncGenerator<PartitionBatch> {
  for (let start = 0; start < clients; start += 100) {
    yield {
      ids: Array.from({ length: Math.min(100, clients - start) }, (_, n) =>
        String(1_000_000 + start + n),
      ),
      cursor: null,
    };
  }
}

function chooseStreams(source: Source, subject: Subject) {
  return source.streams.filter(({ name }) => subject.streams.includes(name));
}

async function openSource(subject: Subject, request: SyncRequest, run: LeasedRun): Promise<Source> {
  const open = await openConnection(subject.tenantId, subject.connectionId);
  const http = createHttpClient({
    allowedHosts: ['127.0.0.1'],
    allowLoopback: true,
    deadlineMs: open.provider.limits.timeoutMs,
  });
  const currency = 'USD';
  const streams = await Promise.all(
    open.provider.streams.map((stream) =>
      mapByDefault(stream, { settings: open.settings, currency }),
    ),
  );
  return {
    ...open,
    ...run,
    streams,
    tenantId: subject.tenantId,
    connectionId: subject.connectionId,
    isProbe: false,
    timeZone: 'UTC',
    currency,
    deletionShare: 0.2,
    sliceEnd: Number.POSITIVE_INFINITY,
    request,
    http,
  };
}
