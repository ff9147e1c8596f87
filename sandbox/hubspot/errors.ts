import { randomUUID } from 'node:crypto';
import { json, type Reply } from '../kit/provider.ts';

/** A refusal on its way out: handlers throw it, the provider answers it. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly reply: Reply;
  constructor(
    status: number,
    category: string,
    message: string,
    more: object = {},
    headers: Record<string, string> = {},
  ) {
    super(message);
    const body = { status: 'error', message, correlationId: randomUUID(), category, ...more };
    const reply = json(body, status);
    this.reply = { ...reply, headers: { ...reply.headers, ...headers } };
  }
}

export const invalid = (message: string, name?: string): Refusal =>
  new Refusal(
    400,
    'VALIDATION_ERROR',
    message,
    name === undefined ? {} : { errors: [{ message, in: name }] },
  );

export const missingScope = (scope: string): Refusal =>
  new Refusal(
    403,
    'MISSING_SCOPES',
    "This app hasn't been granted all required scopes to make this call. Read more about required " +
      'scopes here: https://developers.hubspot.com/scopes.',
    {
      errors: [
        {
          message: 'One or more of the following scopes are required.',
          context: { requiredGranularScopes: [scope] },
        },
      ],
      links: { scopes: 'https://developers.hubspot.com/scopes' },
    },
  );

export const unauthenticated = (): Refusal =>
  new Refusal(
    401,
    'INVALID_AUTHENTICATION',
    'Authentication credentials not found. This API supports OAuth 2.0 authentication and you can ' +
      'find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview',
  );
