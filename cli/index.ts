import { userInfo } from 'node:os';
import { Command, CommanderError } from 'commander';
import { actAs } from '#lib/identity/audit/context.ts';
import { assertUsableDatabase } from '../src/lib/platform/db/readiness.ts';
import { closeDatabase } from '../src/lib/platform/db/database.ts';
import { config } from '../src/lib/platform/config.ts';
import { assertUsableKeys } from '../src/lib/connections/keys/verify.ts';
import { startTracing } from '../src/lib/platform/tracing.ts';
import { closeQueue } from '#lib/jobs/queue.ts';
import { addAlertsCommands } from './commands/alerts.ts';
import { addConnectionCommands } from './commands/connection.ts';
import { addDeadLettersCommands } from './commands/dead-letters.ts';
import { addDomainCommands } from './commands/domain.ts';
import { addKeysCommands } from './commands/keys.ts';
import { addLeadsCommands } from './commands/leads.ts';
import { addPersonCommands } from './commands/person.ts';
import { addPushCommands } from './commands/push.ts';
import { addRawCommands } from './commands/raw.ts';
import { addReplayCommand } from './commands/replay.ts';
import { addRetentionCommands } from './commands/retention.ts';
import { addScoreCommands } from './commands/score.ts';
import { addSyncCommand } from './commands/sync.ts';
import { addTenantCommands } from './commands/tenant.ts';
import { addUserCommands } from './commands/user.ts';
import { addWebhookCommands } from './commands/webhook.ts';
import { prepareEnvironment } from './environment.ts';
import { exitCodes, reportFailure } from './output.ts';

/** The operator's command line. Every command calls the same functions as the pages. */
const program = new Command('tributary')
  .description('Operate Tributary from scripts and servers.')
  .addHelpText(
    'after',
    `\nExit codes: ${Object.entries(exitCodes)
      .map(([name, code]) => `${code} ${name}`)
      .join(', ')}`,
  )
  .exitOverride()
  .hook('preAction', async (_program, command) => {
    config();
    await assertUsableDatabase();
    // `keys status` must work even when a key is missing: it shows which.
    if (command.parent?.name() !== 'keys' || command.name() !== 'status') await assertUsableKeys();
  });
addTenantCommands(program);
addUserCommands(program);
addConnectionCommands(program);
addKeysCommands(program);
addSyncCommand(program);
addReplayCommand(program);
addPersonCommands(program);
addPushCommands(program);
addRawCommands(program);
addLeadsCommands(program);
addDeadLettersCommands(program);
addAlertsCommands(program);
addRetentionCommands(program);
addScoreCommands(program);
addDomainCommands(program);
addWebhookCommands(program);

prepareEnvironment();
const stopTracing = await startTracing('tributary-cli');
try {
  await actAs({ kind: 'operator', label: userInfo().username }, () => program.parseAsync());
} catch (error) {
  process.exitCode =
    error instanceof CommanderError
      ? error.exitCode === 0
        ? 0
        : exitCodes.badInput
      : reportFailure({ json: process.argv.includes('--json') }, error);
} finally {
  await closeQueue().catch(() => {});
  await closeDatabase().catch(() => {});
  await stopTracing();
}
