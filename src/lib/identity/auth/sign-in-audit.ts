import { isAPIError, type createAuthMiddleware } from 'better-auth/api';
import { eq } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { newId } from '../../platform/id.ts';
import { mask } from '../../platform/mask.ts';
import { accounts, users } from '../../schema/identity.ts';
import { toStoredEmail } from './input.ts';
import { currentActor } from '../audit/context.ts';
import {
  noteAccountChange,
  recordAccountAudit,
  recordAudit,
  type AuditEntry,
} from '../audit/record.ts';
import { notifyOwner } from './notices.ts';

type Context = Parameters<Parameters<typeof createAuthMiddleware>[0]>[0];

interface Account {
  id: string;
  email: string;
}

/**
 * Records the outcome of a step of signing in, after the sign-in library has decided it. A password
 * that leads to the second step is no sign-in yet.
 */
export async function recordSignIn(ctx: Context, challenged: Account | undefined): Promise<void> {
  const { newSession, returned, session } = ctx.context;
  const failed = isAPIError(returned);
  if (ctx.path === '/sign-in/email') {
    if (failed) await recordFailure(readEmail(ctx.body), 'sign_in.failed');
    else if (newSession && newSession.user['twoFactorEnabled'] !== true)
      await recordSuccess(newSession.user, 'password');
  }
  if (ctx.path === '/sign-out' && !failed) await recordSignOut();
  // With a session, the code belongs to the setup of two-step sign-in.
  const isSecondStep = ctx.path?.startsWith('/two-factor/verify-') === true && !session;
  if (!isSecondStep) return;
  if (failed && challenged !== undefined)
    await recordFailure(challenged.email, 'two_factor.failed');
  else if (!failed && newSession) await recordSecondStep(newSession.user, ctx.path ?? '');
}

async function recordSecondStep(account: Account, path: string): Promise<void> {
  const isBackup = path.endsWith('backup-code');
  await recordSuccess(account, isBackup ? 'password and backup code' : 'password and code');
  if (isBackup) notifyOwner(account, 'two_factor.code_used');
}

/**
 * Records that a limit begins to refuse passwords: for an account from one network, for a network,
 * or for an account from everywhere. An event per window: the flood after it is not of interest.
 */
export async function recordLockout({
  email,
  network,
}: {
  email?: string;
  network?: string;
}): Promise<void> {
  const after = { network: network ?? 'all' };
  if (email !== undefined) return recordFailure(email, 'sign_in.locked', after);
  const target = { type: 'network', label: network ?? null };
  await globalDb().transaction((tx) =>
    recordAudit(tx, { tenantId: null, action: 'sign_in.locked', target }),
  );
}

function recordSuccess({ id, email }: Account, method: string): Promise<void> {
  const actor = { kind: 'user', id, label: email } as const;
  return globalDb().transaction(async (tx) => {
    await tx.update(users).set({ lastSignInAt: new Date() }).where(eq(users.id, id));
    await recordAccountAudit(
      tx,
      { id, email },
      { action: 'sign_in.succeeded', actor, after: { method } },
    );
  });
}

/**
 * Records a failure for the account of the address. For an address without account the same
 * statements run, so that the timing tells nobody which addresses have one; its event is masked,
 * because people type passwords into the wrong field.
 */
async function recordFailure(
  email: string,
  action: 'sign_in.failed' | 'sign_in.locked' | 'two_factor.failed',
  after?: Record<string, unknown>,
): Promise<void> {
  await globalDb().transaction(async (tx) => {
    const account = await findAccount(tx, email);
    // better-auth asks for the accounts of a user whom it finds: the one statement that is missing.
    if (account === undefined && action === 'sign_in.failed')
      await tx.select({ id: accounts.id }).from(accounts).where(eq(accounts.userId, newId()));
    const entry: AuditEntry = {
      action,
      target: { type: 'account', id: account?.id ?? null, label: account?.email ?? hide(email) },
      ...(after !== undefined && { after }),
    };
    await recordAccountAudit(tx, account ?? { id: newId(), email: hide(email) }, entry);
  });
}

/** The person is the one of the request: the library has deleted the session by now. */
async function recordSignOut(): Promise<void> {
  const { id, label } = currentActor();
  if (id !== null) await noteAccountChange({ id, email: label ?? '' }, { action: 'sign_in.ended' });
}

async function findAccount(tx: Tx, email: string): Promise<Account | undefined> {
  const [account] = await tx
    .select({ id: users.id, email: users.email })
    .from(users)
    .where(eq(users.email, toStoredEmail(email)));
  return account;
}

/** The first character and the domain: enough to see what somebody is trying. Pure. */
function hide(email: string): string {
  const domain = /@[\w.-]+$/.exec(email)?.[0] ?? '';
  return `${String(mask(email.slice(0, 1), true))}${domain}`;
}

function readEmail(body: unknown): string {
  const email: unknown =
    typeof body === 'object' && body !== null ? Reflect.get(body, 'email') : undefined;
  return typeof email === 'string' ? email : '';
}
