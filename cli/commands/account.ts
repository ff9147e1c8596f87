import type { Command } from 'commander';
import {
  deleteAccount,
  disableAccount,
  enableAccount,
  endSessions,
  resetTwoFactor,
} from '#lib/identity/auth/administration.ts';
import { findPerson, listPeople, type PersonView } from '#lib/identity/auth/people.ts';
import { findUserByEmail, type User } from '#lib/identity/auth/users.ts';
import { Problem } from '../../src/lib/platform/errors.ts';
import { print, table, type OutputOptions } from '../output.ts';

/** Adds the commands that look at accounts and change those of others to `user`. */
export function extendUser(user: Command): void {
  addReadingCommands(user);
  addChange(user, 'disable', 'let nobody sign in with an account, and end its sessions', {
    verb: disableAccount,
    done: (email) => `Disabled ${email}. Its sessions have ended, and nobody can sign in with it.`,
  });
  addChange(user, 'enable', 'let people sign in with a disabled account again', {
    verb: enableAccount,
    done: (email) => `Enabled ${email}.`,
  });
  addChange(user, 'reset-2fa', 'remove two-step sign-in from an account, and end its sessions', {
    verb: resetTwoFactor,
    done: (email) =>
      `Reset two-step sign-in of ${email}. The password alone signs in until it is set up again.`,
  });
  addChange(user, 'end-sessions', 'sign a person out on all devices', {
    verb: endSessions,
    done: (email) => `Signed ${email} out on all devices.`,
  });
  user
    .command('delete <email>')
    .description('delete an account with its password, two-step sign-in, memberships and sessions')
    .option('--force', 'even if it is the last admin of a workspace')
    .option('--json', 'print JSON')
    .action(async (email: string, { json, force }: OutputOptions & { force?: boolean }) => {
      const account = await requireAccount(email);
      await deleteAccount(account.id, null, { force: force === true });
      print({ json }, { id: account.id, email: account.email }, [`Deleted ${account.email}.`]);
    });
}

function addReadingCommands(user: Command): void {
  user
    .command('list')
    .description('list accounts by e-mail address')
    .option('--search <text>', 'a part of the name or the address')
    .option('--json', 'print JSON')
    .action(async ({ json, search = '' }: OutputOptions & { search?: string }) => {
      const people = await collectPeople(search);
      print({ json }, people, table(people.map(toRow)));
    });
  user
    .command('show <email>')
    .description('show an account')
    .option('--json', 'print JSON')
    .action(async (email: string, { json }: OutputOptions) => {
      const person = await findPerson((await requireAccount(email)).id);
      if (person === undefined) throw noAccount(email);
      const lines = Object.entries(toRow(person)).map(([name, value]) => `${name}: ${value}`);
      print({ json }, person, [...lines, `signed-in devices: ${person.sessions}`]);
    });
}

interface Change {
  verb: (userId: string, by: null) => Promise<void>;
  done: (email: string) => string;
}

function addChange(user: Command, name: string, description: string, { verb, done }: Change): void {
  user
    .command(`${name} <email>`)
    .description(description)
    .option('--json', 'print JSON')
    .action(async (email: string, options: OutputOptions) => {
      const account = await requireAccount(email);
      await verb(account.id, null);
      print(options, { id: account.id, email: account.email }, [done(account.email)]);
    });
}

function toRow(person: PersonView): Record<string, string> {
  const { email, name, workspaces, staffOf, twoFactorEnabled, lastSignInAt, disabledAt } = person;
  const granted = staffOf === 'all' ? ['all (staff)'] : staffOf.map((where) => `${where} (staff)`);
  const places = [...workspaces.map(({ slug, role }) => `${slug} (${role})`), ...granted];
  return {
    email,
    name,
    workspaces: places.join(', ') || '-',
    'two-step': twoFactorEnabled ? 'on' : 'off',
    'last sign-in': lastSignInAt?.toISOString() ?? '-',
    state: disabledAt === null ? 'active' : `disabled since ${disabledAt.toISOString()}`,
  };
}

async function collectPeople(search: string): Promise<PersonView[]> {
  const found: PersonView[] = [];
  for (let after: string | null = ''; after !== null;) {
    const page = await listPeople({ search, after });
    found.push(...page.people);
    after = page.next;
  }
  return found;
}

async function requireAccount(email: string): Promise<User> {
  const account = await findUserByEmail(email);
  if (account === undefined) throw noAccount(email);
  return account;
}

const noAccount = (email: string): Problem =>
  new Problem('not_found', `There is no account for ${email}.`);
