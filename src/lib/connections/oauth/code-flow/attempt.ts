import { createHash } from 'node:crypto';
import { and, eq, gt, isNull, sql } from 'drizzle-orm';
import { generateRandomState } from 'oauth4webapi';
import { isId } from '../../../platform/id.ts';
import { withTenant } from '../../../identity/tenancy/with-tenant.ts';
import { deviceAuthorizations } from '../../../schema/connections.ts';
import { sealSignInSecrets, type SignInSecrets } from '../sealed.ts';
import { whereSignIn, type SignIn } from '../sign-in.ts';

/** How long a person may take at the provider, in seconds. */
const attemptSeconds = 10 * 60;

/** The sign-in that a `state` belongs to. */
export interface Place {
  tenantId: string;
  id: string;
}

/** A `state` that nobody can guess: the place it belongs to, and 256 random bits. */
export const createState = ({ tenantId, id }: Place): string =>
  [tenantId, id, generateRandomState()].join('.');

/** Where a `state` claims to belong; undefined for one that we never gave out. */
export function parseState(state: string): Place | undefined {
  const [tenantId = '', id = '', random, more] = state.split('.');
  return isId(tenantId) && isId(id) && random !== undefined && more === undefined
    ? { tenantId, id }
    : undefined;
}

/**
 * Remembers that the person of a session is on the way to the provider; the way back of an earlier
 * attempt is closed thereby. Only a digest is stored, so that whoever reads the table cannot finish
 * the attempt. False when the sign-in has ended.
 */
export async function storeAttempt(
  place: Place,
  { state, sessionId }: { state: string; sessionId: string },
  secrets: SignInSecrets,
): Promise<boolean> {
  const changed = await withTenant(place.tenantId, (tx) =>
    tx
      .update(deviceAuthorizations)
      .set({
        ...sealSignInSecrets(place, secrets),
        attempt: digest(state, sessionId),
        attemptUntil: sql`now() + make_interval(secs => ${attemptSeconds})`,
        message: null,
      })
      .where(whereOpen(place))
      .returning({ id: deviceAuthorizations.id }),
  );
  return changed.length > 0;
}

/**
 * Takes an attempt out, so that its `state` is good once. Undefined for a state that was never
 * given out, was used, is too old or was given to another session, whose attempt it leaves alone.
 */
export async function claimAttempt(
  place: Place,
  { state, sessionId }: { state: string; sessionId: string },
): Promise<SignIn | undefined> {
  const [row] = await withTenant(place.tenantId, (tx) =>
    tx
      .update(deviceAuthorizations)
      .set({ attempt: null, attemptUntil: null })
      .where(
        and(
          whereOpen(place),
          eq(deviceAuthorizations.attempt, digest(state, sessionId)),
          gt(deviceAuthorizations.attemptUntil, sql`now()`),
        ),
      )
      .returning(),
  );
  return row;
}

/** Says on the page of a sign-in why an attempt failed; another one may follow. */
export async function noteFailure({ tenantId, id }: Place, message: string): Promise<void> {
  await withTenant(tenantId, (tx) =>
    tx.update(deviceAuthorizations).set({ message }).where(whereOpen({ tenantId, id })),
  );
}

/** A sign-in by redirect that has not ended. */
export const whereOpen = ({ tenantId, id }: Place) =>
  and(
    whereSignIn(tenantId, id),
    isNull(deviceAuthorizations.userCode),
    eq(deviceAuthorizations.state, 'waiting'),
    gt(deviceAuthorizations.expiresAt, sql`now()`),
  );

const digest = (state: string, sessionId: string): string =>
  createHash('sha256').update(`${state} ${sessionId}`).digest('base64url');
