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
    .description('webhooks that providers send when data changes');
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
  add('register', 'have the provider send webhooks to PUBLIC_URL', registerWebhook);
  add('status', 'show what is registered at the provider, and what has arrived', getWebhookStatus);
  add('test', 'ask the provider for a test webhook', testWebhook);
}

function formatLines({ url, registered, isCurrent, received, last }: WebhookStatus): string[] {
  const known =
    registered === null
      ? 'No webhook is registered at the provider.'
      : isCurrent
        ? 'The webhook is registered for this address.'
        : `The registration is for another address, or lacks some events: ${registered.url}`;
  const came =
    last === null
      ? 'No webhook has arrived yet.'
      : `${received} received, the last one (${last.event}) at ${last.at.toISOString()}.`;
  return [`Address: ${url}`, known, came];
}
