import type { Command } from 'commander';
import { Problem } from '../../src/lib/platform/errors.ts';
import { dryRunReplay, type DryRun } from '#lib/ingest/replay/dry-run.ts';
import { replayConnection } from '#lib/ingest/replay/run.ts';
import type {
  DamagedResponse,
  ReplayFigures,
  ReplayReport,
  ReplayRequest,
} from '#lib/ingest/replay/types.ts';
import { noteConnectionChange } from '#lib/connections/connections.ts';
import { print, setExitCode, table, type OutputOptions } from '../output.ts';
import { requireConnections } from './connection.ts';
import { startSyncProgress } from './sync.ts';

interface ReplayOptions extends OutputOptions {
  tenant: string;
  connection?: string;
  stream?: string;
  since?: string;
  dryRun?: boolean;
}

export function addReplayCommand(program: Command): void {
  program
    .command('replay')
    .description('rebuild rows and summaries from stored data, without calling a source')
    .requiredOption('--tenant <slug>', 'the workspace')
    .option('--connection <id>', 'only this connection of the workspace')
    .option('--stream <name>', 'only this stream')
    .option('--since <time>', 'only records received since this time (ISO 8601); deletes nothing')
    .option('--dry-run', 'show what would change, and write nothing')
    .option('--json', 'print JSON')
    .action(replay);
}

async function replay(options: ReplayOptions): Promise<void> {
  const requests = await buildRequests(options);
  const bar = startSyncProgress(options.tenant);
  try {
    await (options.dryRun === true ? runDry : runReplays)(options, requests, bar);
  } finally {
    bar.stop();
  }
}

type Bar = ReturnType<typeof startSyncProgress>;
type ConnectionDryRun = DryRun & { connectionId: string };

async function runDry(options: ReplayOptions, requests: ReplayRequest[], bar: Bar): Promise<void> {
  const runs: ConnectionDryRun[] = [];
  for (const request of requests) {
    const run = await dryRunReplay({ ...request, onProgress: bar.update });
    runs.push({ connectionId: request.connectionId, ...run });
  }
  bar.stop();
  const lines = runs.flatMap((run) => formatDryRun(options.tenant, run));
  print(options, runs, lines);
}

async function runReplays(
  options: ReplayOptions,
  requests: ReplayRequest[],
  bar: Bar,
): Promise<void> {
  const reports: ReplayReport[] = [];
  for (const request of requests) {
    const { tenantId, connectionId, stream, since } = request;
    await noteConnectionChange(tenantId, connectionId, {
      action: 'replay.requested',
      after: { ...(stream && { stream }), ...(since && { since }) },
    });
    reports.push(await replayConnection({ ...request, onProgress: bar.update }));
  }
  bar.stop();
  const lines = reports.flatMap((report) => formatLines(options.tenant, report));
  print(options, reports, lines);
  setExitCode(reports);
}

async function buildRequests({
  tenant: slug,
  connection,
  stream,
  since,
}: ReplayOptions): Promise<ReplayRequest[]> {
  const from = since === undefined ? undefined : new Date(since);
  if (from !== undefined && Number.isNaN(from.getTime()))
    throw new Problem('bad_request', '--since takes a time such as 2026-11-01T00:00:00Z.');
  const found = await requireConnections(slug, connection);
  return found.map(({ tenantId, id }) => ({
    tenantId,
    connectionId: id,
    trigger: 'replay',
    stream,
    since: from,
  }));
}

const formatDryRun = (slug: string, { connectionId, streams }: ConnectionDryRun): string[] => [
  `${slug}: what a replay of ${connectionId} would change`,
  ...table(streams.map(toRow)),
  ...formatDamaged(streams.flatMap(({ damaged }) => damaged)),
  '',
];

function formatLines(
  slug: string,
  { status, errorMessage, streams, damaged, startedAt, finishedAt }: ReplayReport,
): string[] {
  const seconds = ((finishedAt.getTime() - startedAt.getTime()) / 1000).toFixed(1);
  return [
    `${slug}: ${status} in ${seconds} s`,
    ...table(streams.map(toRow)),
    ...(errorMessage === null ? [] : [errorMessage]),
    ...formatDamaged(damaged),
    '',
  ];
}

const toRow = ({
  label,
  pages,
  fetched,
  inserted,
  changed,
  unchanged,
  rejected,
  deleted,
}: Omit<ReplayFigures, 'heldBack' | 'damaged'>) => ({
  stream: label,
  pages,
  records: fetched,
  inserted,
  changed,
  unchanged,
  rejected,
  deleted,
});

const formatDamaged = (damaged: readonly DamagedResponse[]) =>
  damaged.map(
    ({ stream, snapshotId, receivedAt }) =>
      `Damaged: response ${snapshotId} of ${stream}, received ${receivedAt.toISOString()}.`,
  );
