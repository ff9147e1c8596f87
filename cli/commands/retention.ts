import type { Command } from 'commander';
import { deleteOutdated } from '#lib/privacy/retention/run.ts';
import { getRetention, setRetention, type RetentionView } from '#lib/privacy/retention/settings.ts';
import { print, type OutputOptions } from '../output.ts';
import { requireTenant } from './tenant.ts';

interface RetentionOptions extends OutputOptions {
  tenant: string;
}

interface SetOptions extends RetentionOptions {
  leadMonths?: string;
  noteMonths?: string;
}

export function addRetentionCommands(program: Command): void {
  const retention = program.command('retention').description('how long leads and notes are kept');
  retention
    .command('show')
    .description('show the retention of a workspace and what its next run deletes')
    .requiredOption('--tenant <slug>', 'the workspace')
    .option('--json', 'print JSON')
    .action(async ({ json, tenant: slug }: RetentionOptions) => {
      const view = await getRetention((await requireTenant(slug)).id);
      print({ json }, view, describe(view));
    });
  retention
    .command('set')
    .description('change the retention of a workspace')
    .requiredOption('--tenant <slug>', 'the workspace')
    .option('--lead-months <months>', 'delete leads untouched for so long; "never" keeps them')
    .option('--note-months <months>', 'delete notes older than this; "never" keeps them')
    .option('--json', 'print JSON')
    .action(set);
  retention
    .command('run')
    .description('delete now what is past the retention of a workspace')
    .requiredOption('--tenant <slug>', 'the workspace')
    .option('--json', 'print JSON')
    .action(async ({ json, tenant: slug }: RetentionOptions) => {
      const { deleted } = await deleteOutdated((await requireTenant(slug)).id);
      print({ json }, { deleted }, [`Deleted: ${list(deleted)}.`]);
    });
}

async function set({ json, tenant: slug, ...typed }: SetOptions): Promise<void> {
  const { id } = await requireTenant(slug);
  const { leadMonths, noteMonths } = await getRetention(id);
  await setRetention(id, {
    leadMonths: parse(typed.leadMonths, leadMonths),
    noteMonths: parse(typed.noteMonths, noteMonths),
  });
  const view = await getRetention(id);
  print({ json }, view, describe(view));
}

const parse = (typed: string | undefined, before: number | null): number | null => {
  if (typed === undefined) return before;
  return typed === 'never' ? null : Number(typed || Number.NaN);
};

const list = (counts: Record<string, number>): string =>
  Object.entries(counts)
    .map(([name, rows]) => `${name} ${rows}`)
    .join(', ') || 'nothing';

const format = (months: number | null) => (months === null ? 'for ever' : `${months} months`);
const describe = ({ leadMonths, noteMonths, next }: RetentionView): string[] => [
  `Untouched leads are kept ${format(leadMonths)}, notes ${format(noteMonths)}.`,
  `The next run deletes: ${list(next)}.`,
];
