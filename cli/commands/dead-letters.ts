import type { Command } from 'commander';
import type { Actor } from '#lib/identity/actor.ts';
import { discardJob, retryJob } from '#lib/jobs/failed/resolve.ts';
import { discardRecord } from '#lib/ingest/rejections/discard.ts';
import { retryGroup, retryRecord } from '#lib/ingest/rejections/retry.ts';
import { getDeadLettersView } from '#lib/ops/dead-letters/view.ts';
import { recordLabel } from '#lib/ingest/rejections/labels.ts';
import { Problem } from '../../src/lib/platform/errors.ts';
import { print, table, type OutputOptions } from '../output.ts';
import { requireTenant } from './tenant.ts';

interface Choice extends OutputOptions {
  tenant: string;
  record?: string;
  job?: string;
}

interface RetryOptions extends Choice {
  connection?: string;
  stream?: string;
  kind?: string;
}

export function addDeadLettersCommands(program: Command): void {
  const letters = program
    .command('dead-letters')
    .description('failed records and failed jobs of a workspace');
  const add = (name: string, description: string) =>
    letters
      .command(name)
      .description(description)
      .requiredOption('--tenant <slug>', 'the workspace')
      .option('--json', 'print JSON');
  add('list', 'count the failures by reason, and list the newest').action(list);
  add('retry', 'retry one record or job, or all records of a kind')
    .option('--record <id>', 'one record')
    .option('--job <id>', 'one job')
    .option(
      '--connection <id>',
      'all records of this connection, together with --stream and --kind',
    )
    .option('--stream <name>', 'the stream of these records')
    .option('--kind <name>', 'the kind of reason')
    .action(retry);
  add('discard', 'discard one record or job')
    .option('--record <id>', 'one record')
    .option('--job <id>', 'one job')
    .requiredOption('--note <text>', 'the reason; it is kept in the history')
    .action(discard);
}

async function list(options: Choice): Promise<void> {
  const { groups, records, jobs } = await getDeadLettersView(await toOperator(options), {});
  const byReason = groups.map(({ connectionId, stream, kind, count }) => ({
    records: count,
    connection: connectionId,
    stream,
    kind,
  }));
  const newest = records.rows.map(({ id, streamLabel, key, attempts, reason }) => ({
    id,
    record: recordLabel(streamLabel, key),
    attempts,
    reason,
  }));
  const given = jobs.map(({ id, job, kind, attempts, reason }) => ({
    id,
    job,
    kind,
    attempts,
    reason,
  }));
  print(options, { groups: byReason, records: newest, jobs: given }, [
    'Records by reason:',
    ...table(byReason),
    '',
    'Newest records:',
    ...table(newest),
    '',
    'Jobs:',
    ...table(given),
  ]);
}

async function retry(options: RetryOptions): Promise<void> {
  const actor = await toOperator(options);
  const { record, job, connection, stream, kind } = options;
  if (connection !== undefined && stream !== undefined && kind !== undefined) {
    const tally = await retryGroup(actor, { connectionId: connection, stream, kind });
    return print(options, tally ?? { queued: true }, [
      tally === undefined
        ? 'There are many of them, so the workers retry them in the background.'
        : `Accepted ${tally.accepted}, rejected again ` +
          `${tally.rejected}, no longer stored ${tally.unreadable}.`,
    ]);
  }
  const chosen = requireOne(
    record,
    job,
    'Give either --record or --job, or --connection with --stream and --kind.',
  );
  if (chosen.of === 'job') {
    await retryJob(actor, chosen.id);
    return print(options, { queued: true }, ['The job has been queued again.']);
  }
  const accepted = await retryRecord(actor, chosen.id);
  print(options, { accepted }, [
    accepted
      ? 'The record was accepted.'
      : 'The record was rejected again; "dead-letters list" shows the reason.',
  ]);
}

async function discard(options: Choice & { note: string }): Promise<void> {
  const actor = await toOperator(options);
  const chosen = requireOne(options.record, options.job, 'Give either --record or --job.');
  await (chosen.of === 'job' ? discardJob : discardRecord)(actor, chosen.id, options.note);
  print(options, { discarded: chosen.id }, [`Discarded the ${chosen.of} ${chosen.id}.`]);
}

/** Operators have no user account: the history names the command line. */
async function toOperator({ tenant }: Choice): Promise<Actor> {
  return { tenantId: (await requireTenant(tenant)).id, userId: null };
}

function requireOne(
  record: string | undefined,
  job: string | undefined,
  otherwise: string,
): { of: 'record' | 'job'; id: string } {
  if (record !== undefined && job === undefined) return { of: 'record', id: record };
  if (job !== undefined && record === undefined) return { of: 'job', id: job };
  throw new Problem('bad_request', otherwise);
}
