import type { Command } from 'commander';
import { listConnections } from '../../src/lib/connections/connections.ts';
import { Problem } from '../../src/lib/platform/errors.ts';
import { dryRunReplay, type DryRun } from '#lib/ingest/replay/dry-run.ts';
import { replayConnection } from '#lib/ingest/replay/run.ts';
import type {
  DamagedResponse,
  ReplayFigures,
  ReplayReport,
  ReplayRequest,
} from '#lib/ingest/replay/types.ts';
import { exitCodes, print, table, type OutputOptions } from '../output.ts';
import { progressBar } from './sync.ts';
import { requireTenant } from './tenant.ts';

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
    .description(
      'rebuild rows and rollups from the stored answers of the ' +
        'sources, without asking them anything',
    )
    .requiredOption('--tenant <slug>', 'the workspace')
    .option('--connection <id>', 'only this connection of the workspace')
    .option('--stream <name>', 'only this stream')
    .option(
      '--since <time>',
      'only records whose newest answer was received since; ISO 8601. Then nothing is deleted',
    )
    .option('--dry-run', 'say what would be done, and write nothing')
    .option('--json', 'print JSON')
    .action(replay);
}

async function replay(options: ReplayOptions): Promise<void> {
  const requests = await buildRequests(options);
  const bar = progressBar(options.tenant);
  try {
    const onProgress = bar.update;
    if (options.dryRun === true) {
      const runs: (DryRun & { connectionId: string })[] = [];
      for (const request of requests)
        runs.push({
          connectionId: request.connectionId,
          ...(await dryRunReplay({ ...request, onProgress })),
        });
      bar.stop();
      print(
        options,
        runs,
        runs.flatMap(({ connectionId, streams }) => [
          `${options.tenant}: what a replay of ${connectionId} would do`,
          ...table(streams.map(toRow)),
          ...formatDamaged(streams.flatMap(({ damaged }) => damaged)),
          '',
        ]),
      );
      return;
    }
    const reports: ReplayReport[] = [];
    for (const request of requests)
      reports.push(await replayConnection({ ...request, onProgress }));
    bar.stop();
    print(
      options,
      reports,
      reports.flatMap((report) => formatLines(options.tenant, report)),
    );
    if (reports.some(({ status }) => status === 'failed')) process.exitCode = exitCodes.syncFailed;
    else if (reports.some(({ status }) => status === 'partial'))
      process.exitCode = exitCodes.partial;
  } finally {
    bar.stop();
  }
}

async function buildRequests({
  tenant: slug,
  connection,
  stream,
  since,
}: ReplayOptions): Promise<ReplayRequest[]> {
  const tenant = await requireTenant(slug);
  const from = since === undefined ? undefined : new Date(since);
  if (from !== undefined && Number.isNaN(from.getTime()))
    throw new Problem('bad_request', 'Write --since as a time such as 2026-11-01T00:00:00Z.');
  const found = (await listConnections(tenant.id)).filter(
    ({ id }) => connection === undefined || id === connection,
  );
  if (found.length === 0)
    throw new Problem(
      'not_found',
      connection === undefined
        ? `${slug} has no connection.`
        : `${slug} has no connection ${connection}.`,
    );
  return found.map(({ id }) => ({
    tenantId: tenant.id,
    connectionId: id,
    trigger: 'replay',
    stream,
    since: from,
  }));
}

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
      `Damaged: answer ${snapshotId} of ${stream}, received ${receivedAt.toISOString()}.`,
  );
