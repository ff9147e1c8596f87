import * as oidc from 'openid-client';
import { z } from 'zod';
import { Problem } from '../../platform/errors.ts';
import { auth } from '../auth/auth.ts';
import { readAddress } from '../auth/client.ts';
import { emailField, fieldProblem, parseInput } from '../auth/input.ts';
import { consumeLimit, ssoByAddress } from '../auth/limits.ts';
import { attemptSeconds, newBrowserSecret, storeAttempt } from './attempts.ts';
import { describeFailure } from './failure.ts';
import { discoverProvider, redirectUri } from './oidc.ts';
import { findProviderFor, mailDomainOf, type SsoProvider } from './providers.ts';
import { openClientSecret } from './secret.ts';

/** Where the browser goes to sign in. */
export interface SsoStart {
  /** The authorization endpoint of the provider, with all parameters. */
  url: string;
  /** Set-Cookie headers that tie the attempt to the browser. */
  cookies: Headers;
}

const address = z.object({ email: emailField });

/**
 * Begins to sign somebody in at the provider of the domain of their address; afterwards they
 * continue to `next`. Only the domain is looked up, never the account, so the answer tells nothing
 * about who has one. Throws Problem for a domain without single sign-on, for a provider that cannot
 * be reached, and `rate_limited`.
 */
export async function startSso(
  input: { email: string },
  { client, next }: { client: Headers; next: string },
): Promise<SsoStart> {
  const { email } = parseInput(address, input);
  await consumeLimit(ssoByAddress, readAddress(client));
  const domain = mailDomainOf(email);
  const provider = await findProviderFor(domain);
  if (provider === undefined)
    throw fieldProblem(
      'bad_request',
      'email',
      `Single sign-on is not set up for addresses at ${domain}. Sign in with your password.`,
    );
  const state = oidc.randomState();
  const nonce = oidc.randomNonce();
  const codeVerifier = oidc.randomPKCECodeVerifier();
  const url = oidc.buildAuthorizationUrl(await openProvider(provider), {
    redirect_uri: redirectUri(provider.id),
    scope: 'openid email profile',
    state,
    nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
    login_hint: email,
  });
  const browser = newBrowserSecret();
  await storeAttempt(state, { providerId: provider.id, nonce, codeVerifier, browser, next });
  const { headers } = await auth().api.startSsoAttempt({
    body: { secret: browser, maxAge: attemptSeconds },
    returnHeaders: true,
  });
  return { url: url.href, cookies: headers };
}

/** A client for a provider's endpoints. Throws Problem `unavailable` when it cannot be reached. */
export async function openProvider(provider: SsoProvider): Promise<oidc.Configuration> {
  try {
    const { issuer, clientId } = provider;
    return await discoverProvider({ issuer, clientId, secret: openClientSecret(provider) });
  } catch (error) {
    const reason = describeFailure(error);
    if (reason === undefined) throw error;
    throw new Problem(
      'unavailable',
      `Your identity provider could not be used: ${reason}. ` +
        'Try again in a minute; if it stays like this, tell your administrator.',
    );
  }
}
