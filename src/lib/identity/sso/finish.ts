import * as oidc from 'openid-client';
import { parseCookies } from 'better-auth/cookies';
import { Problem } from '../../platform/errors.ts';
import { log } from '../../platform/log.ts';
import { auth } from '../auth/auth.ts';
import { toProblem } from '../auth/auth-error.ts';
import { readAddress } from '../auth/client.ts';
import { consumeLimit, refundLimit, ssoByAddress } from '../auth/limits.ts';
import { attemptCookie } from '../auth/sso-sessions.ts';
import { claimAttempt, type Attempt } from './attempts.ts';
import { describeFailure } from './failure.ts';
import { redirectUri } from './oidc.ts';
import { admit, recordFailure, type Claims } from './people.ts';
import { findEnabledProvider, type SsoProvider } from './providers.ts';
import { openProvider } from './start.ts';

/** Somebody who came back from a provider. */
interface Answer {
  /** The provider of the address that they came back to. */
  providerId: string;
  /** The parameters that the provider sent along. */
  search: string;
}

/**
 * Finishes what `startSso` began: exchanges the code, checks the ID token (signature, issuer,
 * audience, nonce, expiry) and opens a session that knows its provider. Returns its cookies and the
 * path to continue at. Throws Problem for anything else than the answer to an attempt of this
 * browser, and for people whom the provider may not sign in.
 */
export async function finishSso(
  { providerId, search }: Answer,
  client: Headers,
): Promise<{ next: string; cookies: Headers }> {
  await consumeLimit(ssoByAddress, readAddress(client));
  const state = new URLSearchParams(search).get('state') ?? '';
  const attempt = await claimAttempt(state, await readAttemptCookie(client));
  // Each provider has an address of its own, so that the code of one is never sent to another
  // (RFC 9700, section 4.4.2).
  if (attempt === undefined || attempt.providerId !== providerId) throw expired();
  const provider = await findEnabledProvider(providerId);
  if (provider === undefined) throw expired();
  const userId = await recordRefusal(provider, async () =>
    admit(provider, await exchange(provider, attempt, { search, state })),
  );
  const { headers } = await auth()
    .api.openSsoSession({
      body: { userId, providerId, tenantId: provider.tenantId },
      headers: client,
      returnHeaders: true,
    })
    .catch((error: unknown) => {
      throw toProblem(error);
    });
  // People of one office sign in at the same hour; only what leads nowhere counts.
  await refundLimit(ssoByAddress, readAddress(client), 2);
  const ended = await auth().api.endSsoAttempt({ returnHeaders: true });
  for (const line of ended.headers.getSetCookie()) headers.append('set-cookie', line);
  return { next: attempt.next, cookies: headers };
}

async function recordRefusal<T>(provider: SsoProvider, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Problem) await recordFailure(provider, error.message);
    throw error;
  }
}

const expired = () =>
  new Problem(
    'bad_request',
    'This sign-in has expired, was already used or was begun in another browser. ' +
      'Start again on the sign-in page.',
  );

async function readAttemptCookie(client: Headers): Promise<string | undefined> {
  const { createAuthCookie } = await auth().$context;
  return parseCookies(client.get('cookie') ?? '').get(createAuthCookie(attemptCookie).name);
}

async function exchange(
  provider: SsoProvider,
  { nonce, codeVerifier }: Attempt,
  { search, state }: { search: string; state: string },
): Promise<Claims> {
  const configuration = await openProvider(provider);
  const url = new URL(redirectUri(provider.id));
  url.search = search;
  try {
    const tokens = await oidc.authorizationCodeGrant(configuration, url, {
      pkceCodeVerifier: codeVerifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
    });
    return await readClaims(configuration, tokens, provider);
  } catch (error) {
    const reason = describeFailure(error);
    if (reason === undefined) throw error;
    log.warn(
      { event: 'sso.refused', tenantId: provider.tenantId, reason },
      'The answer of an identity provider was refused',
    );
    throw new Problem(
      'unauthenticated',
      `Your identity provider did not sign you in: ${reason}. Start again on the sign-in page.`,
    );
  }
}

/**
 * The claims of the ID token. Providers may keep the address, or whether it is verified, for the
 * UserInfo endpoint (OpenID Connect Core 1.0, section 5.4), as Okta does. What that says of the
 * address replaces the token's words as a whole, so that no answer vouches for the other's address.
 */
async function readClaims(
  configuration: oidc.Configuration,
  tokens: oidc.TokenEndpointResponse & oidc.TokenEndpointResponseHelpers,
  { trustsAddressesAt }: SsoProvider,
): Promise<Claims> {
  const claims = tokens.claims();
  if (claims === undefined) throw new Error('The library accepted an answer without an ID token');
  const isVouchedFor = claims['email_verified'] !== undefined || trustsAddressesAt !== null;
  if (claims['email'] !== undefined && isVouchedFor) return claims;
  if (configuration.serverMetadata().userinfo_endpoint === undefined) return claims;
  const info = await oidc.fetchUserInfo(configuration, tokens.access_token, claims.sub);
  if (info.email === undefined) return claims;
  return { ...claims, ...info, email_verified: info.email_verified, sub: claims.sub };
}
