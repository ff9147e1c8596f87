import type { Command } from 'commander';
import { Problem } from '../../src/lib/platform/errors.ts';
import { isId } from '../../src/lib/platform/id.ts';
import { requestPushesByDomain, requestPushesByIds } from '#lib/outbound/push/request-leads.ts';
import { requirePushConnection } from '#lib/outbound/push/request.ts';
import { retryFailedPushes } from '#lib/outbound/push/retry-failed.ts';
import { pushSlice, type PushSliceResult } from '#lib/outbound/push/run.ts';
import { countPushes, getPushStatus } from '#lib/outbound/push/status.ts';
import { exitCodes, print, table, type OutputOptions } from '../output.ts';
import { requireTenant } from './tenant.ts';

interface PushOptions extends OutputOptions {
  tenant: string;
  connection?: string;
  lead?: string;
  domain?: string;
}

export function addPushCommands(program: Command): void {
  const push = program.command('push').description('pushes of leads into a connected CRM');
  const add = (name: string, description: string) =>
    push
      .command(name)
      .description(description)
      .requiredOption('--tenant <slug>', 'the workspace')
      .option('--connection <id>', 'the connection; required when several accept leads')
      .option('--json', 'print JSON');
  add('run', 'push what is due, in this process, until nothing is due or the system needs a pause')
    .option('--lead <id>', 'queue this lead first')
    .option('--domain <domain>', 'queue the leads of this domain first')
    .action(run);
  add('status', 'count the leads in each state, or show the leads of a domain')
    .option('--domain <domain>', 'the leads of this domain, with their latest steps')
    .action(status);
  add('retry', 'queue all failed leads again; the workers push them').action(retry);
}

async function run(options: PushOptions): Promise<void> {
  const { tenantId, connectionId } = await resolveConnection(options);
  if (options.lead !== undefined) await requestOne(tenantId, connectionId, options.lead);
  if (options.domain !== undefined)
    await requestPushesByDomain(tenantId, connectionId, options.domain, null);
  const end = await pushSlice({ tenantId, connectionId });
  print(options, end, formatLines(end));
  if (end.tally.failed > 0) process.exitCode = exitCodes.syncFailed;
  else if (end.next !== null || end.tally.conflict > 0) process.exitCode = exitCodes.partial;
}

async function requestOne(tenantId: string, connectionId: string, leadId: string): Promise<void> {
  const {
    refused: [refused],
  } = await requestPushesByIds(tenantId, connectionId, [leadId], null);
  if (refused !== undefined)
    throw new Problem(refused.isUnknown ? 'not_found' : 'conflict', refused.reason);
}

function formatLines({ tally, next }: PushSliceResult): string[] {
  const { synced, unchanged, conflict, failed, retried, postponed } = tally;
  return [
    `Pushed ${synced}, unchanged ${unchanged}, in conflict ${conflict}, failed ${failed}.`,
    ...(retried + postponed > 0 ? [`To be retried later: ${retried + postponed}.`] : []),
    ...(next === null ? [] : [`The next push is due at ${next.toISOString()}.`]),
  ];
}

async function status(options: PushOptions): Promise<void> {
  const tenant = await requireTenant(options.tenant);
  if (options.connection !== undefined && !isId(options.connection))
    throw new Problem('bad_request', '--connection takes the id of a connection.');
  if (options.domain === undefined) {
    const counts = await countPushes(tenant.id, options.connection);
    return print(
      options,
      counts,
      table(
        counts.map(({ connection, state, count, oldest }) => ({
          connection,
          state,
          leads: count,
          'waiting since': oldest?.toISOString() ?? '',
        })),
      ),
    );
  }
  const { leads, domain } = await getPushStatus(tenant.id, options.domain);
  const rows = leads.flatMap(({ leadId, name, pushes }) =>
    pushes.length === 0
      ? [{ lead: leadId, name, state: 'not yet pushed' }]
      : pushes.map(({ state, attempts, syncedAt, remoteId, error }) => ({
          lead: leadId,
          name,
          state,
          attempts,
          synced: syncedAt?.toISOString() ?? '',
          'CRM id': remoteId ?? '',
          error: error ?? '',
        })),
  );
  print(options, { domain, leads }, table(rows));
}

async function retry(options: PushOptions): Promise<void> {
  const { tenantId, connectionId } = await resolveConnection(options);
  const retried = await retryFailedPushes(tenantId, connectionId, null);
  print(options, { retried }, [retried === 0 ? 'No lead has failed.' : `Queued ${retried} again.`]);
}

async function resolveConnection({
  tenant,
  connection,
}: PushOptions): Promise<{ tenantId: string; connectionId: string }> {
  const tenantId = (await requireTenant(tenant)).id;
  return { tenantId, connectionId: (await requirePushConnection(tenantId, connection)).id };
}
