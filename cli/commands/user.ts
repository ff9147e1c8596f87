import type { Command } from 'commander';
import { createUser, type NewUser } from '#lib/identity/auth/users.ts';
import { extendUser } from './account.ts';
import { print, type OutputOptions } from '../output.ts';

interface CreateOptions extends OutputOptions {
  email: string;
  name?: string;
  tenant?: string;
  role?: NewUser['role'];
  password?: string;
  staff?: boolean | string;
}

export function addUserCommands(program: Command): void {
  const user = program.command('user').description('user accounts');
  extendUser(user);
  user
    .command('create')
    .description('create an account; without --password, prints a link where the person sets one')
    .requiredOption('--email <address>', 'the address to sign in with')
    .option('--name <name>', 'the name of the person')
    .option('--tenant <slug>', 'make the person a member of this workspace')
    .option('--role <role>', 'viewer, member or admin in that workspace (default: viewer)')
    .option('--staff [slugs]', 'agency staff of every workspace, or of these (comma-separated)')
    .option(
      '--password <password>',
      'at least 12 characters; the link is safer: other programs can see arguments',
    )
    .option('--json', 'print JSON')
    .action(async ({ json, tenant, staff, ...input }: CreateOptions) => {
      const grants =
        typeof staff === 'string' ? staff.split(',').map((slug) => slug.trim()) : staff;
      const { user, setPasswordUrl } = await createUser({
        ...input,
        tenantSlug: tenant,
        staff: grants,
      });
      const lines = [
        `Created the account ${user.email}.`,
        ...(setPasswordUrl === undefined
          ? []
          : [`Password link (valid for a week): ${setPasswordUrl}`]),
      ];
      print(
        { json },
        { id: user.id, email: user.email, setPasswordUrl: setPasswordUrl ?? null },
        lines,
      );
    });
}
