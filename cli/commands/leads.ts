import type { Command } from 'commander';
import { reindexLeads } from '#lib/entities/lead/search-index.ts';
import { print, type OutputOptions } from '../output.ts';
import { requireTenant } from './tenant.ts';

export function addLeadsCommands(program: Command): void {
  const leads = program.command('leads').description('the lead table');
  leads
    .command('index')
    .description(
      'make the words anew by which leads are found; needed once for ' +
        'leads that were stored before there were any',
    )
    .requiredOption('--tenant <slug>', 'the workspace')
    .option('--json', 'print JSON')
    .action(async ({ tenant: slug, ...options }: OutputOptions & { tenant: string }) => {
      const { id } = await requireTenant(slug);
      const indexed = await reindexLeads(id);
      print(options, indexed, [
        `${slug}: ${indexed.leads} leads are found by ${indexed.words} words.`,
      ]);
    });
}
