import { publicUrl } from '../identity/auth/public-url.ts';
import type { WebhookDefinition } from '../connectors/contract/events.ts';
import type { Connection } from './connections.ts';

/** The address that receives the webhook deliveries of a connection. */
export const webhookUrl = ({
  provider,
  tenantId,
  id,
}: Pick<Connection, 'provider' | 'tenantId' | 'id'>): string =>
  publicUrl(`/api/webhooks/${provider}/${tenantId}/${id}`);

/** The address that receives the deliveries of an app, about all accounts that it is used by. */
export const appWebhookUrl = (provider: string): string => publicUrl(`/api/webhooks/${provider}`);

/**
 * The address of a connection as a person enters it at the provider, with its token where that is a
 * parameter; null while it needs one and has none.
 */
export function enteredWebhookUrl(
  connection: Pick<Connection, 'provider' | 'tenantId' | 'id'>,
  webhook: WebhookDefinition | undefined,
  token: string | undefined,
): string | null {
  const url = new URL(webhookUrl(connection));
  if (webhook?.proof.kind !== 'token' || webhook.proof.place !== 'query') return url.href;
  if (token === undefined) return null;
  url.searchParams.set(webhook.proof.name, token);
  return url.href;
}
