import type { Command } from 'commander';
import { archiveTenant, getTenantBySlug } from '#lib/identity/tenancy/archive.ts';
import { eraseWorkspace } from '#lib/privacy/workspace/erase.ts';
import { print, type OutputOptions } from '../output.ts';

interface EndOptions extends OutputOptions {
  tenant: string;
}

/** Adds the commands that end a workspace to `tenant`. */
export function defineTenantEnd(tenant: Command): void {
  tenant
    .command('archive')
    .description('take a workspace out of service; nothing is deleted')
    .requiredOption('--tenant <slug>', 'the workspace')
    .option('--restore', 'serve it again')
    .option('--json', 'print JSON')
    .action(async ({ json, tenant: slug, restore = false }: EndOptions & { restore?: boolean }) => {
      await archiveTenant(await getTenantBySlug(slug), !restore);
      print({ json }, { slug, archived: !restore }, [
        restore
          ? `${slug} is served again.`
          : `${slug} is archived. Erase it with: npm run tributary -- tenant erase`,
      ]);
    });
  tenant
    .command('erase')
    .description('delete an archived workspace for good')
    .requiredOption('--tenant <slug>', 'the workspace')
    .requiredOption('--confirm <slug>', 'the same slug once more')
    .option('--grace-days <days>', 'for how long it must have been archived', '30')
    .option('--json', 'print JSON')
    .action(erase);
}

async function erase({
  json,
  tenant: slug,
  confirm,
  graceDays,
}: EndOptions & { confirm: string; graceDays: string }): Promise<void> {
  const days = Number(graceDays);
  const tenant = await getTenantBySlug(slug);
  const erased = await eraseWorkspace(tenant, { confirm, graceDays: days >= 0 ? days : 30 });
  const rows = Object.entries(erased.deleted).map(([name, count]) => `${name} ${count}`);
  print({ json }, erased, [
    `${slug} is erased. Deleted: ${rows.join(', ') || 'nothing'}.`,
    ...(erased.soleMembers.length === 0
      ? []
      : [`These accounts have no other workspace: ${erased.soleMembers.join(', ')}.`]),
    'Remove what its systems still know of this installation, such as webhooks and consents.',
  ]);
}
