import type { Command } from 'commander';
import { parseDomainMatch } from '../../src/lib/entities/referral/domain.ts';
import { rescoreSlice } from '#lib/scoring/rescore.ts';
import type { Breakdown, BreakdownItem } from '#lib/scoring/types.ts';
import { Problem } from '../../src/lib/platform/errors.ts';
import { findCompanyDomain } from '#lib/scoring/company-domains/queries.ts';
import { readTenant } from '#lib/identity/tenancy/with-tenant.ts';
import { noteChange } from '#lib/identity/audit/record.ts';
import { print, table, type OutputOptions } from '../output.ts';
import { requireTenant } from './tenant.ts';

type Row = NonNullable<Awaited<ReturnType<typeof findCompanyDomain>>>;

export function addScoreCommands(program: Command): void {
  const score = program.command('score').description('scores of companies');
  score
    .command('explain')
    .description('explain the score of a company')
    .requiredOption('--tenant <slug>', 'the workspace')
    .requiredOption('--domain <domain>', 'a domain, website or e-mail address of the company')
    .option('--json', 'print JSON, with the evidence of the scan')
    .action(explain);
  score
    .command('rescore')
    .description('recompute all scores of a workspace from stored data, in this process')
    .requiredOption('--tenant <slug>', 'the workspace')
    .option('--json', 'print JSON')
    .action(rescore);
}

async function explain({
  tenant: slug,
  domain: text,
  ...options
}: OutputOptions & { tenant: string; domain: string }): Promise<void> {
  const { id } = await requireTenant(slug);
  const domain = parseDomain(text);
  const row = await readTenant(id, (tx) => findCompanyDomain(tx, id, domain));
  if (row === undefined)
    throw new Problem(
      'not_found',
      `${slug} has no lead, referral, contact or company at ${domain}.`,
    );
  print(options, row, formatLines(row));
}

/** Returns the registrable domain of a domain, website or e-mail address. */
export function parseDomain(text: string): string {
  const match = parseDomainMatch(text);
  return 'exact' in match ? match.exact : match.prefix;
}

function formatLines({
  domain,
  name,
  breakdown: kept,
  scannedAt,
  scanDueAt,
  scanAttempts,
}: Row): string[] {
  const breakdown = kept as Breakdown | null;
  const tried = scanAttempts === 0 ? '' : `, after ${scanAttempts} without a response`;
  const next =
    scanDueAt === null
      ? 'No scan is due.'
      : `The next scan is due at ${scanDueAt.toISOString()}${tried}.`;
  if (breakdown === null) return [`${domain} has no score yet: it has not been scanned. ${next}`];
  const {
    score,
    segment,
    segmentReason,
    priority,
    tenantSize,
    tenantSizeReason,
    mailProvider,
    mailProviderReason,
    model,
    signals,
    risks,
  } = breakdown;
  return [
    `${domain}${name === null ? '' : ` (${name})`} scores ` +
      `${score}, using version ${model} of the weights.`,
    `Segment: ${segment}. ${segmentReason}`,
    `Priority: ${priority}`,
    `Mail: ${mailProvider ?? 'unknown'}. ${mailProviderReason}`,
    `Size: ${tenantSize ?? 'unknown'}. ${tenantSizeReason}`,
    '',
    ...table([...signals, ...risks].map(toRow)),
    '',
    `Scanned at ${scannedAt?.toISOString() ?? 'an unknown time'}. ${next}`,
  ];
}

const toRow = ({ label, points, most, verdict, evidence }: BreakdownItem) => ({
  signal: label,
  points: most === null ? points : `${points} of ${most}`,
  verdict: verdict ?? '',
  evidence,
});

async function rescore({
  tenant: slug,
  ...options
}: OutputOptions & { tenant: string }): Promise<void> {
  const { id } = await requireTenant(slug);
  await rescoreSlice(id, null, () => false);
  await noteChange(id, { action: 'score.recomputed' });
  print(options, { tenant: slug }, [`Recomputed all scores of ${slug}.`]);
}
