import type { Command } from 'commander';
import { createTenant, findTenant, listTenants, type Tenant } from '../../src/lib/tenancy/tenants.ts';
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
    .command('list')
    .description('list the workspaces')
    .option('--json', 'print JSON')
    .action(async (options: OutputOptions) => {
      const tenants = (await listTenants()).map(shown);
      print(options, tenants, table(tenants));
    });
}

/** The tenant of a --tenant option. */
export async function requireTenant(slug: string): Promise<Tenant> {
  const tenant = await findTenant(slug);
  if (tenant === undefined) throw new Problem('not_found', `There is no workspace with the slug "${slug}". List them with: npm run tributary -- tenant list`);
  return tenant;
}

const shown = ({ id, slug, name, timeZone, currency }: Tenant) => ({ id, slug, name, timeZone, currency });
