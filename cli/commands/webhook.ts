import type { Command } from 'commander';
import {
  registerWebhook,
  testWebhook,
  getWebhookStatus,
  type WebhookStatus,
} from '#lib/webhooks/inbound/registration.ts';
import { print, type OutputOptions } from '../output.ts';
import { requireTenant } from './tenant.ts';

interface WebhookOptions extends OutputOptions {
  tenant: string;
  connection: string;
}

export function addWebhookCommands(program: Command): void {
  const webhook = program
    .command('webhook')
    .description('notices that providers send when something changed');
  const add = (
    name: string,
    description: string,
    call: (tenantId: string, connectionId: string) => Promise<WebhookStatus>,
  ) =>
    webhook
      .command(name)
      .description(description)
      .requiredOption('--tenant <slug>', 'the workspace')
      .requiredOption('--connection <id>', 'the connection')
      .option('--json', 'print JSON')
      .action(async (options: WebhookOptions) => {
        const tenant = await requireTenant(options.tenant);
        const status = await call(tenant.id, options.connection);
        print(options, status, formatLines(status));
      });
  add('register', 'tell the provider to send its notices to PUBLIC_URL', registerWebhook);
  add('status', 'what the provider knows, and what came', getWebhookStatus);
  add('test', 'ask the provider for a test notice', testWebhook);
}

function formatLines({ url, registered, isCurrent, received, last }: WebhookStatus): string[] {
  const known =
    registered === null
      ? 'The provider sends nothing to anybody.'
      : isCurrent
        ? 'The provider sends to this address.'
        : `The provider sends to another address, or not everything: ${registered.url}`;
  const came =
    last === null
      ? 'Nothing has come yet.'
      : `${received} came, the last one (${last.event}) at ${last.at.toISOString()}.`;
  return [`Address: ${url}`, known, came];
}
