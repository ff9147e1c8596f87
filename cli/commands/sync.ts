import type { Command } from 'commander';
import { noteConnectionChange } from '#lib/connections/connections.ts';
import { listDueConnections } from '#lib/ingest/due.ts';
import { Problem } from '../../src/lib/platform/errors.ts';
import { syncConnection } from '#lib/ingest/sync-connection.ts';
import { pullAfterSync } from '#lib/outbound/pull/pull.ts';
import type { SyncProgress, RunReport } from '#lib/ingest/types.ts';
import { listTenants } from '#lib/identity/tenancy/tenants.ts';
import { print, setExitCode, table, type OutputOptions } from '../output.ts';
import { startProgress } from '../progress.ts';
import { requireConnections } from './connection.ts';

interface SyncOptions extends OutputOptions {
  tenant?: string;
  connection?: string;
  acceptDeletions?: boolean;
}

interface ConnectionRef {
  slug: string;
  tenantId: string;
  connectionId: string;
}

export function addSyncCommand(program: Command): void {
  program
    .command('sync')
    .description(
      'sync in this process and print the counters: everything that ' +
        'is due, or all connections of one workspace',
    )
    .option('--tenant <slug>', 'only this workspace, whether or not it is due')
    .option('--connection <id>', 'only this connection of the workspace')
    .option('--accept-deletions', 'delete all rows that the source no longer lists, however many')
    .option('--json', 'print JSON')
    .action(sync);
}

async function sync(options: SyncOptions): Promise<void> {
  const refs = await resolveConnections(options);
  const reports: (RunReport & { tenant: string })[] = [];
  for (const ref of refs) reports.push({ tenant: ref.slug, ...(await syncOne(ref, options)) });
  print(
    options,
    reports,
    reports.length === 0 ? ['Nothing is due.'] : reports.flatMap(formatReport),
  );
  setExitCode(reports);
}

async function resolveConnections({
  tenant: slug,
  connection,
}: SyncOptions): Promise<ConnectionRef[]> {
  if (slug === undefined) {
    if (connection !== undefined)
      throw new Problem('bad_request', '--connection needs the workspace too: add --tenant.');
    return findDueConnections();
  }
  const found = await requireConnections(slug, connection);
  return found.map(({ tenantId, id }) => ({ slug, tenantId, connectionId: id }));
}

async function findDueConnections(): Promise<ConnectionRef[]> {
  const refs: ConnectionRef[] = [];
  for (const { id: tenantId, slug } of await listTenants()) {
    for (const { id } of await listDueConnections(tenantId, 1))
      refs.push({ slug, tenantId, connectionId: id });
  }
  return refs;
}

async function syncOne(
  { slug, tenantId, connectionId }: ConnectionRef,
  { acceptDeletions }: SyncOptions,
): Promise<RunReport> {
  const bar = startSyncProgress(slug);
  const action = acceptDeletions === true ? 'deletion.confirmed' : 'sync.requested';
  await noteConnectionChange(tenantId, connectionId, { action });
  try {
    const report = await syncConnection({
      tenantId,
      connectionId,
      trigger: 'cli',
      acceptDeletions: acceptDeletions === true,
      onProgress: bar.update,
    });
    await pullAfterSync({ tenantId, connectionId });
    return report;
  } finally {
    bar.stop();
  }
}

/** Starts the progress bar of one workspace; `update` takes the progress of a sync or replay. */
export function startSyncProgress(slug: string) {
  const bar = startProgress(`${slug}  {stream}  {bar}  {value} records`, 1, { stream: '' });
  return {
    update: ({ stream, fetched, expectedTotal }: SyncProgress) =>
      bar.show(fetched, Math.max(expectedTotal ?? fetched, fetched, 1), { stream }),
    stop: bar.stop,
  };
}

function formatReport({
  tenant,
  status,
  errorMessage,
  streams,
  startedAt,
  finishedAt,
}: RunReport & { tenant: string }): string[] {
  const seconds = ((finishedAt.getTime() - startedAt.getTime()) / 1000).toFixed(1);
  const rows = streams.map(
    ({
      label,
      status: state,
      pages,
      fetched,
      inserted,
      changed,
      unchanged,
      rejected,
      deleted,
    }) => ({
      stream: label,
      status: state,
      pages,
      fetched,
      inserted,
      changed,
      unchanged,
      rejected,
      deleted,
    }),
  );
  return [
    `${tenant}: ${status} in ${seconds} s`,
    ...table(rows),
    ...(errorMessage === null ? [] : [errorMessage]),
    '',
  ];
}
