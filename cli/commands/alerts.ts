import type { Command } from 'commander';
import { sendTestNotice } from '#lib/ops/alerts/test-notice.ts';
import { noteChange } from '#lib/identity/audit/record.ts';
import { print, type OutputOptions } from '../output.ts';

export function addAlertsCommands(program: Command): void {
  const alerts = program.command('alerts').description('notifications to operators');
  alerts
    .command('test')
    .description('send a test notification to ALERT_EMAIL and ALERT_WEBHOOK_URL')
    .option('--json', 'print JSON')
    .action(async (options: OutputOptions) => {
      const channels = await sendTestNotice();
      await noteChange(null, { action: 'alert.tested', after: { channels } });
      print(options, { channels }, [`Sent a test notification by ${channels.join(' and ')}.`]);
    });
}
