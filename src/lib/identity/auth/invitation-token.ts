import { createHmac, timingSafeEqual } from 'node:crypto';
import { config } from '../../platform/config.ts';
import { isId } from '../../platform/id.ts';

/** What a link is bound to. Sending again moves the end, so that the older link stops working. */
interface TokenClaims {
  id: string;
  email: string;
  expiresAt: Date;
}

/**
 * The token of an invitation's link. Nobody who reads the database, or the id on a page, can make
 * one.
 */
export function createInvitationToken(invitation: TokenClaims): string {
  return `${invitation.id}.${computeMac(invitation)}`;
}

/** The id that a token names, before anything is believed. */
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
