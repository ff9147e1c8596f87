import { createHash, randomBytes } from 'node:crypto';
import { and, eq, gt } from 'drizzle-orm';
import { z } from 'zod';
import { globalDb } from '../../platform/db/database.ts';
import { newId } from '../../platform/id.ts';
import { verifications } from '../../schema/identity.ts';

const attempt = z.object({
  providerId: z.string(),
  nonce: z.string(),
  /** Of PKCE (RFC 7636). */
  codeVerifier: z.string(),
  /** Hash of the cookie of the browser that began. */
  browser: z.string(),
  /** Our path to continue at. */
  next: z.string(),
});

/** Somebody who is on the way to a provider and back. */
export type Attempt = z.output<typeof attempt>;

/** How long somebody may take at the provider. */
export const attemptSeconds = 10 * 60;

/** A secret for the cookie of a browser that begins. */
export const newBrowserSecret = (): string => randomBytes(32).toString('base64url');

/** Remembers an attempt by its `state`; `browser` is the secret of its cookie. */
export async function storeAttempt(state: string, begun: Attempt): Promise<void> {
  await globalDb()
    .insert(verifications)
    .values({
      id: newId(),
      identifier: toIdentifier(state),
      value: JSON.stringify({ ...begun, browser: hash(begun.browser) }),
      expiresAt: new Date(Date.now() + attemptSeconds * 1000),
    });
}

/**
 * Takes an attempt out, so that its `state` is good once. Undefined for a state that was never
 * given out, was used, is too old or belongs to another browser.
 */
export async function claimAttempt(
  state: string,
  browser: string | undefined,
): Promise<Attempt | undefined> {
  const [row] = await globalDb()
    .delete(verifications)
    .where(
      and(
        eq(verifications.identifier, toIdentifier(state)),
        gt(verifications.expiresAt, new Date()),
      ),
    )
    .returning({ value: verifications.value });
  if (row === undefined || browser === undefined) return undefined;
  const found = attempt.parse(JSON.parse(row.value));
  return found.browser === hash(browser) ? found : undefined;
}

/** Only the hash is stored: whoever reads the table cannot finish an attempt. */
const toIdentifier = (state: string): string => `sso:${hash(state)}`;

const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');
