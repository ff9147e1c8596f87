import { createWriteStream } from 'node:fs';
import type { Command } from 'commander';
import { switchFeature } from '#lib/scoring/schedule.ts';
import { enabledFeatures, features, type Feature } from '#lib/identity/features.ts';
import {
  createTenant,
  findTenant,
  listTenants,
  updateTenant,
  type Tenant,
} from '#lib/identity/tenancy/tenants.ts';
import { exportWorkspace } from '#lib/privacy/export/archive.ts';
import { Problem } from '../../src/lib/platform/errors.ts';
import { print, table, type OutputOptions } from '../output.ts';
import { defineTenantEnd } from './tenant-end.ts';

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
    .requiredOption('--slug <slug>', 'its part of the URL: lower-case letters, digits and hyphens')
    .requiredOption('--name <name>', 'the name people see')
    .option('--time-zone <zone>', 'IANA time zone (default: UTC)')
    .option('--currency <code>', 'ISO 4217 code (default: USD)')
    .option('--accent <colour>', 'accent colour as #rrggbb')
    .option('--json', 'print JSON')
    .action(async ({ json, ...input }: CreateOptions) => {
      const created = await createTenant(input);
      print({ json }, toOutput(created), [
        `Created the workspace "${created.name}" at /w/${created.slug}/ (id ${created.id}).`,
      ]);
    });
  tenant
    .command('update')
    .description(
      'change the retention of raw responses, how much a sync may ' +
        'delete without confirmation, and which features are on',
    )
    .requiredOption('--tenant <slug>', 'the workspace')
    .option('--raw-retention-days <days>', 'how long raw responses that no replay needs are kept')
    .option(
      '--deletion-share <share>',
      "largest share of a stream's rows that a sync deletes without confirmation, from 0 to 1",
    )
    .option(
      '--enable <feature>',
      `turn a feature on: ${features.join(' or ')}; repeatable`,
      collect,
    )
    .option('--disable <feature>', 'turn a feature off; repeatable', collect)
    .option('--json', 'print JSON')
    .action(update);
  tenant
    .command('export')
    .description('write everything that a workspace holds, but no secret, into a ZIP')
    .requiredOption('--tenant <slug>', 'the workspace')
    .requiredOption('--file <path>', 'the file to write; it must not exist')
    .option('--raw-bodies', 'include the responses as received')
    .option('--json', 'print JSON')
    .action(exportTenant);
  defineTenantEnd(tenant);
  tenant
    .command('list')
    .description('list the workspaces')
    .option('--json', 'print JSON')
    .action(async (options: OutputOptions) => {
      const tenants = (await listTenants()).map(toOutput);
      print(options, tenants, table(tenants));
    });
}

interface UpdateOptions extends OutputOptions {
  tenant: string;
  rawRetentionDays?: string;
  deletionShare?: string;
  enable?: string[];
  disable?: string[];
}

async function update({
  json,
  tenant: slug,
  rawRetentionDays,
  deletionShare,
  enable = [],
  disable = [],
}: UpdateOptions): Promise<void> {
  const tenant = await requireTenant(slug);
  const switches = [
    ...enable.map((name) => ({ feature: parseFeature(name), on: true })),
    ...disable.map((name) => ({ feature: parseFeature(name), on: false })),
  ];
  const parseNumber = (text: string | undefined) =>
    text === undefined ? undefined : Number(text || Number.NaN);
  const isLimited =
    rawRetentionDays !== undefined || deletionShare !== undefined || switches.length === 0;
  const changed = isLimited
    ? await updateTenant(tenant.id, {
        rawRetentionDays: parseNumber(rawRetentionDays),
        deletionShare: parseNumber(deletionShare),
      })
    : tenant;
  for (const { feature, on } of switches) await switchFeature(tenant.id, feature, on, null);
  const { rawRetentionDays: days, deletionShare: share } = changed;
  const on = [...(await enabledFeatures(tenant.id))].toSorted();
  const limits =
    `${slug} keeps raw responses for ${days} days; a sync deletes up to ` +
    `${(share * 100).toFixed(0)}% of a stream's rows without confirmation.`;
  print(
    { json },
    { ...toOutput(changed), rawRetentionDays: days, deletionShare: share, features: on },
    [limits, `Features turned on: ${on.length === 0 ? 'none' : on.join(', ')}.`],
  );
}

interface ExportOptions extends OutputOptions {
  tenant: string;
  file: string;
  rawBodies?: boolean;
}

async function exportTenant({
  json,
  tenant: slug,
  file,
  rawBodies = false,
}: ExportOptions): Promise<void> {
  const tenant = await requireTenant(slug);
  const output = createWriteStream(file, { flags: 'wx', mode: 0o600 });
  const { files, exportedAt } = await exportWorkspace(tenant, { rawBodies }, output);
  const rows = files.map(({ path, rows: count, bytes }) => ({ file: path, rows: count, bytes }));
  print({ json }, { file, exportedAt, files }, [
    ...table(rows),
    `Wrote ${file}: everything as of ${exportedAt}.`,
  ]);
}

const collect = (name: string, before: string[] = []): string[] => [...before, name];

function parseFeature(name: string): Feature {
  const feature = features.find((known) => known === name);
  if (feature === undefined)
    throw new Problem(
      'bad_request',
      `Unknown feature "${name}". Known features: ${features.join(', ')}.`,
    );
  return feature;
}

/** Returns the tenant of a --tenant option. Throws Problem `not_found`. */
export async function requireTenant(slug: string): Promise<Tenant> {
  const tenant = await findTenant(slug);
  if (tenant === undefined)
    throw new Problem(
      'not_found',
      `There is no workspace with the slug "${slug}". List them ` +
        'with: npm run tributary -- tenant list',
    );
  return tenant;
}

const toOutput = ({ id, slug, name, timeZone, currency }: Tenant) => ({
  id,
  slug,
  name,
  timeZone,
  currency,
});
