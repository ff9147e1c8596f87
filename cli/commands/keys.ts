import type { Command } from 'commander';
import { rotateKeys } from '../../src/lib/connections/keys/rotate.ts';
import { listKeyUses } from '#lib/connections/keys/key-uses.ts';
import { listAuthSecretUses, rotateAuthSecrets } from '#lib/identity/auth/rotate-secrets.ts';
import { startProgress } from '../progress.ts';
import { exitCodes, print, table, type OutputOptions } from '../output.ts';

export function addKeysCommands(program: Command): void {
  const keys = program
    .command('keys')
    .description(
      'the keys that encrypt the secrets of connections (TRIBUTARY_KEYS) and second factors (AUTH_SECRET)',
    );
  keys
    .command('rotate')
    .description(
      're-encrypt every secret that does not use the newest key; ' +
        'safe while workers run, and safe to repeat',
    )
    .option('--json', 'print JSON')
    .action(rotate);
  keys
    .command('status')
    .description('show how many secrets need each key, and which keys may be removed')
    .option('--json', 'print JSON')
    .action(status);
}

async function rotate(options: OutputOptions): Promise<void> {
  const bar = startProgress('keys rotate  {bar}  {value} of {total} secrets', 0);
  const rotation = await rotateKeys(({ done, total }) =>
    bar.show(done, Math.max(total, done)),
  ).finally(bar.stop);
  const { newest, resealed, replaced, unopened } = rotation;
  const lines = [`Re-encrypted ${resealed} secrets with the key "${newest}".`];
  if (replaced > 0) lines.push(`${replaced} were replaced in the meantime and already use it.`);
  lines.push(
    ...unopened.map(
      ({ tenantId, connectionId, name }) =>
        `Cannot be decrypted: ${name} of connection ${connectionId} in workspace ` +
        `${tenantId}. Enter it again under Settings, Connections.`,
    ),
  );
  const secondFactors = await rotateAuthSecrets();
  lines.push(
    `Re-encrypted ${secondFactors.resealed} second factors with secret ${secondFactors.newest} ` +
      'of AUTH_SECRET.',
    ...secondFactors.unopened.map(
      (email) => `Cannot be decrypted: the second factor of ${email}. It has to be set up again.`,
    ),
  );
  print(options, { ...rotation, secondFactors }, [
    ...lines,
    'To see which keys may be removed: npm run tributary -- keys status',
  ]);
  if (unopened.length + secondFactors.unopened.length > 0) process.exitCode = exitCodes.partial;
}

async function status(options: OutputOptions): Promise<void> {
  const uses = await listKeyUses();
  const authUses = await listAuthSecretUses();
  const rows = uses.map(({ key, place, secrets, mayBeWithdrawn }) => ({
    key,
    place,
    secrets,
    'may be removed': mayBeWithdrawn ? 'yes' : 'no',
  }));
  const missing = uses
    .filter(({ place, secrets }) => place === 'withdrawn' && secrets > 0)
    .map(({ key }) => `The key "${key}" is missing: add it to TRIBUTARY_KEYS again.`);
  const authRows = authUses.map(({ version, place, secondFactors, mayBeWithdrawn }) => ({
    AUTH_SECRET: version,
    place,
    'second factors': secondFactors,
    'may be removed': mayBeWithdrawn ? 'yes, once cookies have followed' : 'no',
  }));
  const missingSecrets = authUses
    .filter(({ place }) => place === 'withdrawn')
    .map(({ version }) => `Secret ${version} is missing: add it to AUTH_SECRET again.`);
  print(
    options,
    [...uses, ...authUses],
    [...table(rows), ...missing, '', ...table(authRows), ...missingSecrets],
  );
}
