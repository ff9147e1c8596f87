import type { Command } from 'commander';
import { requestScan } from '#lib/scoring/schedule.ts';
import { scanWithSystemResolver } from '#lib/posture/scan-system.ts';
import { print, type OutputOptions } from '../output.ts';
import { formatEvidence } from '../posture.ts';
import { parseDomain } from './score.ts';
import { requireTenant } from './tenant.ts';

export function addDomainCommands(program: Command): void {
  const domain = program.command('domain').description('the public mail setup of a domain');
  domain
    .command('scan')
    .description('scan the mail setup of a domain through DNS and print it; stores nothing')
    .argument('<domain>', 'such as example.com')
    .option('--json', 'print the evidence as JSON')
    .action(scan);
  domain
    .command('rescan')
    .description('queue a new scan and score of a company; the workers run it')
    .requiredOption('--tenant <slug>', 'the workspace')
    .requiredOption('--domain <domain>', 'a domain, website or e-mail address of the company')
    .option('--json', 'print JSON')
    .action(rescan);
}

async function rescan({
  tenant: slug,
  domain: text,
  ...options
}: OutputOptions & { tenant: string; domain: string }): Promise<void> {
  const { id } = await requireTenant(slug);
  const domain = parseDomain(text);
  await requestScan(id, domain);
  print(options, { tenant: slug, domain }, [
    `${domain} will be scanned as soon as a worker is free.`,
  ]);
}

async function scan(domain: string, options: OutputOptions): Promise<void> {
  const evidence = await scanWithSystemResolver(domain);
  print(options, evidence, formatEvidence(evidence));
}
