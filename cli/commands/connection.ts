import type { Command } from 'commander';
import {
  createConnection,
  listConnections,
  updateSettings,
} from '../../src/lib/connections/connections.ts';
import { testConnection } from '#lib/connections/test/run.ts';
import { Problem } from '../../src/lib/platform/errors.ts';
import { providers } from '#lib/connectors/registry.ts';
import { exitCodes, parsePair, print, table, type OutputOptions } from '../output.ts';
import { requireTenant } from './tenant.ts';

interface CreateOptions extends OutputOptions {
  tenant: string;
  provider: string;
  label?: string;
  auth?: string;
  setting?: Record<string, string>;
  secret?: Record<string, string>;
}

export function addConnectionCommands(program: Command): void {
  const connection = program
    .command('connection')
    .description('accounts of workspaces at providers');
  connection
    .command('create')
    .description('connect an account; its first sync is due at once')
    .requiredOption('--tenant <slug>', 'the workspace')
    .requiredOption('--provider <key>', `one of: ${providers.map(({ key }) => key).join(', ')}`)
    .option('--label <text>', 'the name people see')
    .option('--auth <key>', "the way to authenticate, where it is not the provider's first one")
    .option(
      '--setting <name=value>',
      'a setting; repeatable. A value in braces is read as JSON',
      parsePair,
    )
    .option(
      '--secret <name=value>',
      'a secret; repeatable. "name=-" reads the value from standard input',
      parsePair,
    )
    .option('--json', 'print JSON')
    .action(create);
  connection
    .command('update')
    .description('change settings of a connection; other settings keep their values')
    .requiredOption('--tenant <slug>', 'the workspace')
    .requiredOption('--connection <id>', 'the connection')
    .requiredOption(
      '--setting <name=value>',
      'a setting; repeatable. A value in braces is read as JSON',
      parsePair,
    )
    .option('--json', 'print JSON')
    .action(update);
  connection
    .command('test')
    .description('test what a sync needs, step by step; stores nothing but a refreshed token')
    .requiredOption('--tenant <slug>', 'the workspace')
    .requiredOption('--connection <id>', 'the connection')
    .option('--json', 'print JSON')
    .action(test);
  connection
    .command('list')
    .description('list the connections of a workspace')
    .requiredOption('--tenant <slug>', 'the workspace')
    .option('--json', 'print JSON')
    .action(list);
}

async function create({
  json,
  tenant: slug,
  provider,
  label,
  auth,
  setting = {},
  secret = {},
}: CreateOptions): Promise<void> {
  if (!providers.some(({ key }) => key === provider)) {
    throw new Problem(
      'bad_request',
      `Unknown provider "${provider}". Known providers: ` +
        `${providers.map(({ key }) => key).join(', ')}.`,
    );
  }
  const tenant = await requireTenant(slug);
  const secrets = await readSecretFromStdin(secret);
  const created = await createConnection({
    tenantId: tenant.id,
    provider,
    label,
    auth,
    settings: parseSettings(setting),
    secrets,
  });
  print({ json }, { id: created.id, tenant: slug, provider, label: created.label }, [
    `Connected ${created.label} to ${slug} (connection ${created.id}).`,
  ]);
}

async function update({
  json,
  tenant: slug,
  connection: id,
  setting,
}: OutputOptions & {
  tenant: string;
  connection: string;
  setting: Record<string, string>;
}): Promise<void> {
  const tenant = await requireTenant(slug);
  const found = (await listConnections(tenant.id)).find((connection) => connection.id === id);
  if (found === undefined)
    throw new Problem(
      'not_found',
      `${slug} has no connection ${id}. List them with: npm run ` +
        `tributary -- connection list --tenant ${slug}`,
    );
  const settings = { ...(found.settings as Record<string, unknown>), ...parseSettings(setting) };
  await updateSettings(tenant.id, id, settings);
  print({ json }, { id, settings }, [
    `Changed ${Object.keys(setting).join(', ')} of ${found.label}. Used from the next sync.`,
  ]);
}

/**
 * Settings in the form of the provider's schema: text, or JSON for a setting that is a table, such
 * as `stages`.
 */
function parseSettings(pairs: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(pairs).map(([name, value]) => [
      name,
      value.startsWith('{') ? parseJson(name, value) : value,
    ]),
  );
}

function parseJson(name: string, value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    throw new Problem(
      'bad_request',
      `The setting ${name} is not valid JSON. Write it like stages={"FDD ` +
        'Sent":{"likelyPct":45}}, in single quotes for the shell.',
    );
  }
}

async function readSecretFromStdin(
  secrets: Record<string, string>,
): Promise<Record<string, string>> {
  const awaited = Object.keys(secrets).filter((name) => secrets[name] === '-');
  if (awaited.length > 1)
    throw new Problem('bad_request', 'Only one secret can be read from standard input.');
  const [name] = awaited;
  if (name === undefined) return secrets;
  let text = '';
  for await (const chunk of process.stdin) text += String(chunk);
  return { ...secrets, [name]: text.trim() };
}

async function test({
  json,
  tenant: slug,
  connection: id,
}: OutputOptions & { tenant: string; connection: string }): Promise<void> {
  const tenant = await requireTenant(slug);
  const result = await testConnection(tenant.id, id);
  const statusLabels = { true: 'ok', false: 'FAILED', null: 'skipped' };
  const lines = result.steps.flatMap(({ step, ok, message, mend }) => [
    `${statusLabels[`${ok}`].padEnd(8)}${step.padEnd(20)} ${message}`,
    ...(mend === null ? [] : [`${' '.repeat(29)}${mend}`]),
  ]);
  print({ json }, result, [
    `${result.connection} (${result.provider})`,
    ...lines,
    result.isUsable ? 'The connection works.' : 'The connection does not work.',
  ]);
  if (!result.isUsable) process.exitCode = exitCodes.notUsable;
}

async function list(options: OutputOptions & { tenant: string }): Promise<void> {
  const tenant = await requireTenant(options.tenant);
  const rows = (await listConnections(tenant.id)).map(
    ({ id, provider, label, status, statusReason, dueAt }) => ({
      id,
      provider,
      label,
      status,
      reason: statusReason ?? '',
      due: dueAt?.toISOString() ?? 'now',
    }),
  );
  print(options, rows, table(rows));
}

/**
 * Returns the connections of a workspace, or only the one that --connection names. Throws Problem
 * `not_found` when there is none.
 */
export async function requireConnections(slug: string, connection: string | undefined) {
  const tenant = await requireTenant(slug);
  const found = (await listConnections(tenant.id)).filter(
    ({ id }) => connection === undefined || id === connection,
  );
  const named = connection === undefined ? '' : ` ${connection}`;
  if (found.length === 0) throw new Problem('not_found', `${slug} has no connection${named}.`);
  return found;
}
