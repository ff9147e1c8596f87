import { Command, CommanderError } from 'commander';
import { assertUsableDatabase } from '../src/lib/platform/db/readiness.ts';
import { closeDatabase } from '../src/lib/platform/db/database.ts';
import { config } from '../src/lib/platform/config.ts';
import { closeQueue } from '../src/lib/queue.ts';
import { addConnectionCommands } from './commands/connection.ts';
import { addSyncCommand } from './commands/sync.ts';
import { addTenantCommands } from './commands/tenant.ts';
import { addUserCommands } from './commands/user.ts';
import { prepareEnvironment } from './environment.ts';
import { exitCodes, reportFailure } from './output.ts';

/** The operator's command line. Every command goes through the same verbs as the pages. */
const program = new Command('tributary')
  .description('Operate Tributary from scripts and servers.')
  .addHelpText('after', `\nExit codes: ${Object.entries(exitCodes).map(([name, code]) => `${code} ${name}`).join(', ')}`)
  .exitOverride()
  .hook('preAction', async () => {
    config();
    await assertUsableDatabase();
  });
addTenantCommands(program);
addUserCommands(program);
addConnectionCommands(program);
addSyncCommand(program);

prepareEnvironment();
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = error instanceof CommanderError ? (error.exitCode === 0 ? 0 : exitCodes.badInput) : reportFailure({ json: process.argv.includes('--json') }, error);
} finally {
  await closeQueue().catch(() => {});
  await closeDatabase().catch(() => {});
}
