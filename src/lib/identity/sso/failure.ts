import { AuthorizationResponseError, ResponseBodyError } from 'openid-client';
import { DecryptionError } from '../../platform/crypto.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { scrub } from '../../platform/secrets.ts';
import { IssuerMismatch } from './oidc.ts';

/** Characters of a provider's own words that are shown. */
const maxQuoted = 300;

/**
 * Why a provider could not be used, as a clause for a sentence about it: `the provider answered …`.
 * It holds nothing secret. Undefined for errors of our own, which are no matter of the setup.
 */
export function describeFailure(error: unknown): string | undefined {
  for (const cause of causesOf(error)) {
    if (cause instanceof RemoteError) return withoutAdvice(cause.message);
    if (cause instanceof IssuerMismatch) return cause.message;
    if (cause instanceof DecryptionError)
      return 'the client secret cannot be decrypted; enter it again';
    if (cause instanceof ResponseBodyError || cause instanceof AuthorizationResponseError)
      return quoteRefusal(cause);
  }
  const codes = causesOf(error).map((cause) => ('code' in cause ? String(cause.code) : ''));
  if (codes.includes('OAUTH_HTTP_REQUEST_FORBIDDEN'))
    return 'one of its addresses does not begin with https://';
  if (!isOfLibrary(error)) return undefined;
  const words = [...new Set(causesOf(error).map(({ message }) => message))].join(': ');
  return `its answer is not as OpenID Connect demands (${clean(words)})`;
}

/** The code of the error that a token endpoint answered with, such as `invalid_client`. */
export const refusalOf = (error: unknown): string | undefined =>
  causesOf(error).find((cause) => cause instanceof ResponseBodyError)?.error;

function quoteRefusal({
  error,
  error_description: words,
}: {
  error: string;
  error_description?: string | undefined;
}): string {
  return `the provider answered ${clean(error)}${words ? `: ${clean(words)}` : ''}`;
}

/** The client of our own speaks of connections, which have nothing to do with signing in. */
const withoutAdvice = (message: string): string =>
  clean(message.replace(/\s(Correct|Check) the base URL of the connection\.$/, ''));

function clean(text: string): string {
  return scrub(text)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim()
    .replace(/\.$/, '')
    .slice(0, maxQuoted);
}

/** Errors of the library carry a code (https://github.com/panva/openid-client, ClientError). */
const isOfLibrary = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'ClientError' || 'code' in error);

function causesOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let cause = error; cause instanceof Error && chain.length < 5; cause = cause.cause)
    chain.push(cause);
  return chain;
}
