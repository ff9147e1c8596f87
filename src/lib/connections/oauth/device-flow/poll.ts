import { and, eq, sql } from 'drizzle-orm';
import { DecryptionError } from '../../../platform/crypto.ts';
import { Problem } from '../../../platform/errors.ts';
import { RemoteError } from '../../../platform/http/errors.ts';
import { log } from '../../../platform/log.ts';
import { actOnBehalfOf } from '../../../identity/audit/behalf.ts';
import { withTenant } from '../../../identity/tenancy/with-tenant.ts';
import { checkToken } from '../../check.ts';
import { deviceAuthorizations } from '../../../schema/connections.ts';
import { checkSettings } from '../../validate.ts';
import { openSignInSecrets, type SignInSecrets } from '../sealed.ts';
import { connectSignIn, endSignIn, providerOf, whereSignIn, type SignIn } from '../sign-in.ts';
import { getDeviceProvider, pollToken, type PollResult } from './endpoint.ts';

/** Added to the interval each time the provider asks us to slow down (RFC 8628, 3.5). */
const slowDownSeconds = 5;

const expiredMessage = 'The code expired before anyone signed in. Start again.';
const missedMessage = 'Nobody signed in within the hour. Start again.';

/** Every sign-in with a code has an interval of its own; the column holds other sign-ins, too. */
const defaultIntervalSeconds = 5;

/** After a poll without a response, the next one waits this many intervals. */
const unansweredFactor = 2;

/**
 * Polls the provider once for a sign-in and connects the account if the person has agreed. Returns
 * when to poll next; null when the sign-in has ended.
 */
export async function pollDeviceAuthorization(
  tenantId: string,
  authorizationId: string,
): Promise<Date | null> {
  const authorization = await readPending(tenantId, authorizationId);
  if (authorization === undefined) return null;
  const isRedirect = authorization.userCode === null;
  if (authorization.isOver)
    return end(authorization, 'expired', isRedirect ? missedMessage : expiredMessage);
  if (isRedirect) return authorization.expiresAt;
  const keptSecrets = tryOpenSecrets(authorization);
  const provider = providerOf(authorization);
  const device = getDeviceProvider(provider);
  if (keptSecrets?.deviceCode === undefined || device === undefined)
    return end(
      authorization,
      'refused',
      'The secrets that were entered can no longer be decrypted. Start again.',
    );
  const settings = checkSettings(provider, authorization.settings as Record<string, unknown>);
  try {
    return await handlePollResult(
      authorization,
      keptSecrets,
      await pollToken(device, settings, keptSecrets.secrets, keptSecrets.deviceCode),
    );
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    log.warn(
      { event: 'consent.unanswered', tenantId, provider: authorization.provider, kind: error.kind },
      'The provider did not say whether a person has signed in',
    );
    return inSeconds(intervalOf(authorization) * unansweredFactor);
  }
}

async function handlePollResult(
  authorization: SignIn,
  keptSecrets: SignInSecrets,
  result: PollResult,
): Promise<Date | null> {
  switch (result.kind) {
    case 'pending':
      return inSeconds(intervalOf(authorization));
    case 'slower':
      return slowDown(authorization);
    case 'refused':
      return end(authorization, 'refused', 'The person who signed in declined to give access.');
    case 'expired':
      return end(authorization, 'expired', expiredMessage);
    case 'dead':
      return end(
        authorization,
        'refused',
        `The provider no longer accepts the code (${result.code}). Start again.`,
      );
    case 'token':
      return connect(
        authorization,
        { ...keptSecrets.secrets, refreshToken: result.refreshToken },
        result.accessToken,
      );
  }
}

async function connect(
  authorization: SignIn,
  secrets: Record<string, string>,
  accessToken: string,
): Promise<null> {
  const { tenantId, requestedBy } = authorization;
  const provider = providerOf(authorization);
  const settings = checkSettings(provider, authorization.settings as Record<string, unknown>);
  const refusal = await checkToken(provider, settings, secrets, accessToken);
  if (refusal !== null) return end(authorization, 'refused', refusal);
  try {
    await actOnBehalfOf(tenantId, requestedBy, () =>
      connectSignIn(authorization, provider, { secrets, by: requestedBy }),
    );
    return null;
  } catch (error) {
    // The sign-in is shared, and a code does not tell for which account it was entered.
    if (!(error instanceof Problem) || error.code !== 'conflict') throw error;
    return end(authorization, 'refused', error.message);
  }
}

async function end(
  authorization: SignIn,
  state: 'refused' | 'expired',
  message: string,
): Promise<null> {
  await endSignIn(authorization, state, message);
  return null;
}

async function slowDown(authorization: SignIn): Promise<Date> {
  const { tenantId, id } = authorization;
  const longer = intervalOf(authorization) + slowDownSeconds;
  await withTenant(tenantId, (tx) =>
    tx
      .update(deviceAuthorizations)
      .set({ intervalSeconds: longer })
      .where(whereSignIn(tenantId, id)),
  );
  return inSeconds(longer);
}

function readPending(
  tenantId: string,
  id: string,
): Promise<(SignIn & { isOver: boolean }) | undefined> {
  return withTenant(tenantId, async (tx) => {
    const [row] = await tx
      .select({
        consent: deviceAuthorizations,
        isOver: sql<boolean>`${deviceAuthorizations.expiresAt} <= now()`,
      })
      .from(deviceAuthorizations)
      .where(and(whereSignIn(tenantId, id), eq(deviceAuthorizations.state, 'waiting')));
    return row && { ...row.consent, isOver: row.isOver };
  });
}

function tryOpenSecrets({ tenantId, id, sealed }: SignIn): SignInSecrets | undefined {
  try {
    return sealed === null ? undefined : openSignInSecrets({ tenantId, id }, sealed);
  } catch (error) {
    if (error instanceof DecryptionError) return undefined;
    throw error;
  }
}

const inSeconds = (seconds: number): Date => new Date(Date.now() + seconds * 1000);
/** Seconds between two polls. */
const intervalOf = ({ intervalSeconds }: SignIn): number =>
  intervalSeconds ?? defaultIntervalSeconds;
