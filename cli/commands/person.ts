import type { Command } from 'commander';
import { findPerson, type FoundPerson, type PersonQuery } from '#lib/privacy/erasure/find.ts';
import { getErasure, liftErasure, listErasures } from '#lib/privacy/erasure/receipts.ts';
import { requestErasure } from '#lib/privacy/erasure/request.ts';
import { runErasure } from '#lib/privacy/erasure/run.ts';
import { Problem } from '../../src/lib/platform/errors.ts';
import { print, table, type OutputOptions } from '../output.ts';
import { requireTenant } from './tenant.ts';

interface PersonOptions extends OutputOptions, PersonQuery {
  tenant: string;
}

export function addPersonCommands(program: Command): void {
  const person = program.command('person').description('what is stored of a person, and its end');
  addQuery(person.command('find').description('show what a workspace holds of a person')).action(
    find,
  );
  addQuery(
    person
      .command('erase')
      .description('erase a person from a workspace, and keep them out of later syncs')
      .option('--confirm', 'erase what `person find` shows'),
  ).action(erase);
  person
    .command('list')
    .description('list the erasures of a workspace')
    .requiredOption('--tenant <slug>', 'the workspace')
    .option('--json', 'print JSON')
    .action(list);
  person
    .command('repeat')
    .description('apply an erasure to the data again, after a backup was restored')
    .requiredOption('--tenant <slug>', 'the workspace')
    .requiredOption('--erasure <id>', 'its id, as `person list` shows it')
    .option('--json', 'print JSON')
    .action(eraseAgain);
  person
    .command('readmit')
    .description('take a person off the erasure list')
    .requiredOption('--tenant <slug>', 'the workspace')
    .requiredOption('--erasure <id>', 'its id, as `person list` shows it')
    .option('--json', 'print JSON')
    .action(readmit);
}

const addQuery = (command: Command): Command =>
  command
    .requiredOption('--tenant <slug>', 'the workspace')
    .option('--email <address>', 'an e-mail address of the person')
    .option('--phone <number>', 'a telephone number of the person')
    .option('--record <id>', 'the id of a lead or contact')
    .option('--json', 'print JSON');

async function find({ json, tenant: slug, ...query }: PersonOptions): Promise<void> {
  const { id } = await requireTenant(slug);
  const { records, counts } = await findPerson(id, query);
  print({ json }, { records, counts }, describe({ records, counts }));
}

function describe({ records, counts }: Pick<FoundPerson, 'records' | 'counts'>): string[] {
  const rows = records.map(({ entity, id, provider, name, email, phone }) => ({
    entity,
    id,
    provider,
    name,
    email: email ?? '',
    phone: phone ?? '',
  }));
  const sums = Object.entries(counts).map(([what, count]) => `${count} ${what}`);
  return [...table(rows), `In all: ${sums.join(', ')}.`];
}

async function erase({
  json,
  tenant: slug,
  confirm = false,
  ...query
}: PersonOptions & { confirm?: boolean }): Promise<void> {
  const { id } = await requireTenant(slug);
  if (!confirm)
    throw new Problem(
      'bad_request',
      'Nothing was erased. Look at what `person find` shows, then add --confirm.',
    );
  const erasureId = await requestErasure(id, query, { runsHere: true });
  await finish({ json }, id, erasureId);
}

async function eraseAgain({
  json,
  tenant: slug,
  erasure,
}: OutputOptions & { tenant: string; erasure: string }): Promise<void> {
  const { id } = await requireTenant(slug);
  await getErasure(id, erasure);
  await finish({ json }, id, erasure);
}

async function finish(options: OutputOptions, tenantId: string, erasure: string): Promise<void> {
  await runErasure(tenantId, erasure);
  const { removed, changed } = await getErasure(tenantId, erasure);
  const list = (counts: Record<string, number>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'nothing';
  print(options, { erasure, removed, changed }, [
    `Erasure ${erasure} is done.`,
    `Removed: ${list(removed)}.`,
    `Changed: ${list(changed)}.`,
  ]);
}

async function list({ json, tenant: slug }: OutputOptions & { tenant: string }): Promise<void> {
  const { id } = await requireTenant(slug);
  const rows = (await listErasures(id)).map((each) => ({
    id: each.id,
    requested: each.requestedAt.toISOString(),
    by: each.requestedByName,
    state: each.liftedAt === null ? each.state : 'lifted',
    keptOut: each.keptOut,
  }));
  print({ json }, rows, table(rows));
}

async function readmit({
  json,
  tenant: slug,
  erasure,
}: OutputOptions & { tenant: string; erasure: string }): Promise<void> {
  const { id } = await requireTenant(slug);
  await liftErasure(id, erasure);
  print({ json }, { erasure, lifted: true }, [
    'The person is off the list: the next sync stores what their systems send.',
  ]);
}
