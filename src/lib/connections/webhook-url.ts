import { publicUrl } from '../identity/auth/public-url.ts';
import type { Connection } from './connections.ts';

/** The address that receives the webhook deliveries of a connection. */
export const webhookUrl = ({
  provider,
  tenantId,
  id,
}: Pick<Connection, 'provider' | 'tenantId' | 'id'>): string =>
  publicUrl(`/api/webhooks/${provider}/${tenantId}/${id}`);
