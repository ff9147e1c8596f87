import { isId } from '../../platform/id.ts';
import { createMac, isMac } from './mac.ts';

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
  return `${invitation.id}.${createMac(toClaims(invitation))}`;
}

/** The id in a token, before the token is verified. */
export function parseInvitationId(token: string): string | undefined {
  const id = token.split('.', 1)[0] ?? '';
  return isId(id) ? id : undefined;
}

export function isInvitationToken(invitation: TokenClaims, token: string): boolean {
  const prefix = `${invitation.id}.`;
  return token.startsWith(prefix) && isMac(token.slice(prefix.length), toClaims(invitation));
}

const toClaims = ({ id, email, expiresAt }: TokenClaims) =>
  ['invitation', id, email, expiresAt.getTime()] as const;
