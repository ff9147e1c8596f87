import type { Command } from 'commander';
import { createTenant, findTenant, listTenants, updateTenant, type Tenant } from '../../src/lib/tenancy/tenants.ts';
import { Problem } from '../../src/lib/platform/errors.ts';
import { print, table, type OutputOptions } from '../output.ts';

interface CreateOptions extends OutputOptions {
  slug: string;
  name: string;
  timeZone?: string;
  currency?: string;
  accent?: string;
}

export function addTenantCommands(program: Command): void {
  const tenant = program.command('tenant').description('workspaces');
  tenant
    .command('create')
    .description('create a workspace')
    .requiredOption('--slug <slug>', 'its part of the address: lower-case letters, digits, hyphens')
    .requiredOption('--name <name>', 'what people call it')
    .option('--time-zone <zone>', 'IANA time zone (default: UTC)')
    .option('--currency <code>', 'ISO 4217 code (default: USD)')
    .option('--accent <colour>', 'accent colour as #rrggbb')
    .option('--json', 'print JSON')
    .action(async ({ json, ...input }: CreateOptions) => {
      const created = await createTenant(input);
      print({ json }, shown(created), [`Created the workspace "${created.name}" at /w/${created.slug}/ (id ${created.id}).`]);
    });
  tenant
    .command('update')
    .description('change how long a workspace keeps raw answers, and how much is deleted without asking')
    .requiredOption('--tenant <slug>', 'the workspace')
    .option('--raw-retention-days <days>', 'how long raw answers are kept that no replay needs')
    .option('--deletion-share <share>', "the largest share of a stream's rows that a sync deletes without asking, from 0 to 1")
    .option('--json', 'print JSON')
    .action(update);
  tenant
    .command('list')
    .description('list the workspaces')
    .option('--json', 'print JSON')
    .action(async (options: OutputOptions) => {
      const tenants = (await listTenants()).map(shown);
      print(options, tenants, table(tenants));
    });
}

async function update({ json, tenant: slug, rawRetentionDays, deletionShare }: OutputOptions & { tenant: string; rawRetentionDays?: string; deletionShare?: string }): Promise<void> {
  const { id } = await requireTenant(slug);
  const numberOf = (text: string | undefined) => (text === undefined ? undefined : Number(text || Number.NaN));
  const changed = await updateTenant(id, { rawRetentionDays: numberOf(rawRetentionDays), deletionShare: numberOf(deletionShare) });
  const { rawRetentionDays: days, deletionShare: share } = changed;
  print({ json }, { ...shown(changed), rawRetentionDays: days, deletionShare: share }, [`${slug} keeps raw answers for ${days} days; a sync deletes up to ${(share * 100).toFixed(0)} % of a stream's rows without asking.`]);
}

/** The tenant of a --tenant option. */
export async function requireTenant(slug: string): Promise<Tenant> {
  const tenant = await findTenant(slug);
  if (tenant === undefined) throw new Problem('not_found', `There is no workspace with the slug "${slug}". List them with: npm run tributary -- tenant list`);
  return tenant;
}

const shown = ({ id, slug, name, timeZone, currency }: Tenant) => ({ id, slug, name, timeZone, currency });
