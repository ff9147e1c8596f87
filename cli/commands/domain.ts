import type { Command } from 'commander';
import { scanFromHere } from '../../src/lib/posture/system.ts';
import { print, type OutputOptions } from '../output.ts';
import { wordsOf } from '../posture.ts';

export function addDomainCommands(program: Command): void {
  const domain = program.command('domain').description('what can be seen of a mail domain from outside');
  domain
    .command('scan')
    .description('look at the mail of a domain by DNS and print what was found; nothing is stored')
    .argument('<domain>', 'such as example.com')
    .option('--json', 'print the evidence as JSON')
    .action(scan);
}

async function scan(domain: string, options: OutputOptions): Promise<void> {
  const evidence = await scanFromHere(domain);
  print(options, evidence, wordsOf(evidence));
}
