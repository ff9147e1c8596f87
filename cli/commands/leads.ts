import type { Command } from 'commander';
import { reindexLeads } from '#lib/entities/lead/search-index.ts';
import { noteChange } from '#lib/identity/audit/record.ts';
import { print, type OutputOptions } from '../output.ts';
import { requireTenant } from './tenant.ts';

export function addLeadsCommands(program: Command): void {
  const leads = program.command('leads').description('the lead table');
  leads
    .command('index')
    .description(
      'rebuild the search index of leads; needed once, for leads ' + 'stored before there was one',
    )
    .requiredOption('--tenant <slug>', 'the workspace')
    .option('--json', 'print JSON')
    .action(async ({ tenant: slug, ...options }: OutputOptions & { tenant: string }) => {
      const { id } = await requireTenant(slug);
      const indexed = await reindexLeads(id);
      await noteChange(id, { action: 'search.reindexed', after: { leads: indexed.leads } });
      print(options, indexed, [
        `${slug}: indexed ${indexed.leads} leads by ${indexed.words} words.`,
      ]);
    });
}
