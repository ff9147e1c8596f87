import type { Command } from 'commander';
import { verifyBodies } from '#lib/ingest/snapshots/verify.ts';
import { pruneRaw } from '#lib/ingest/retention/prune.ts';
import { noteChange } from '#lib/identity/audit/record.ts';
import { exitCodes, print, table, type OutputOptions } from '../output.ts';
import { requireTenant } from './tenant.ts';

interface RawOptions extends OutputOptions {
  tenant: string;
}

export function addRawCommands(program: Command): void {
  const raw = program.command('raw').description('stored responses of the sources');
  raw
    .command('verify')
    .description('check every stored body against its digest, and list damaged responses')
    .requiredOption('--tenant <slug>', 'the workspace')
    .option('--json', 'print JSON')
    .action(verify);
  raw
    .command('prune')
    .description(
      'delete raw data that is past its retention and not needed by ' +
        'a replay, as workers do once a day',
    )
    .requiredOption('--tenant <slug>', 'the workspace')
    .option('--json', 'print JSON')
    .action(prune);
}

async function verify(options: RawOptions): Promise<void> {
  const tenant = await requireTenant(options.tenant);
  const result = await verifyBodies(tenant.id);
  const found = result.damaged.map(({ snapshotId, connectionId, stream, receivedAt }) => ({
    response: snapshotId,
    connection: connectionId,
    stream,
    received: receivedAt.toISOString(),
  }));
  const summary =
    `${result.bodies} bodies (${(result.bytes / 1_000_000).toFixed(1)} MB ` +
    `unpacked) checked, ${result.damagedBodies} damaged.`;
  print(options, result, found.length === 0 ? [summary] : [summary, ...table(found)]);
  if (result.damagedBodies > 0) process.exitCode = exitCodes.partial;
}

async function prune(options: RawOptions): Promise<void> {
  const tenant = await requireTenant(options.tenant);
  const result = await pruneRaw(tenant.id);
  const { snapshots, bodies } = result;
  await noteChange(tenant.id, { action: 'raw.pruned', after: { snapshots, bodies } });
  print(options, result, [
    `Deleted ${result.snapshots} stored responses older than ` +
      `${tenant.rawRetentionDays} days, and ${result.bodies} bodies.`,
  ]);
}
