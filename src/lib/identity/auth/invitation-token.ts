import { createHmac, timingSafeEqual } from 'node:crypto';
import { config } from '../../platform/config.ts';
import { isId } from '../../platform/id.ts';

/**
 * What a link is bound to. Sending it again moves the expiry date, which invalidates older links.
 */
interface TokenClaims {
  id: string;
  email: string;
  expiresAt: Date;
}

/**
 * The token of an invitation link. The database and the id on a page do not suffice to forge it.
 */
export function createInvitationToken(invitation: TokenClaims): string {
  return `${invitation.id}.${computeMac(invitation)}`;
}

/** The id in a token, before the token is verified. */
export function parseInvitationId(token: string): string | undefined {
  const id = token.split('.', 1)[0] ?? '';
  return isId(id) ? id : undefined;
}

export function isInvitationToken(invitation: TokenClaims, token: string): boolean {
  const expected = Buffer.from(createInvitationToken(invitation));
  const given = Buffer.from(token);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function computeMac({ id, email, expiresAt }: TokenClaims): string {
  return createHmac('sha256', config().AUTH_SECRET)
    .update(JSON.stringify(['invitation', id, email, expiresAt.getTime()]))
    .digest('base64url');
}
