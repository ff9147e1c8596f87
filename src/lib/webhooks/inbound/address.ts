import { and, eq } from 'drizzle-orm';
import { createWebhookToken } from '../../connections/webhook-token.ts';
import { toAuditTarget, type Connection } from '../../connections/connections.ts';
import { withConnection, type ConnectionSession } from '../../connections/session.ts';
import { recordAudit } from '../../identity/audit/record.ts';
import { readTenant, withTenant } from '../../identity/tenancy/with-tenant.ts';
import { config } from '../../platform/config.ts';
import { Problem } from '../../platform/errors.ts';
import { RemoteError } from '../../platform/http/errors.ts';
import { isId } from '../../platform/id.ts';
import { authorizations } from '../../schema/connections.ts';
import { eventSubscriptions } from '../../schema/webhooks.ts';
import { toProblem } from './registration.ts';

/**
 * Makes the address of a connection whose webhooks are proved by a token, in place of the one before,
 * which stops working at once. Throws Problem: `not_found`; `bad_request` for a provider of another
 * kind; `conflict` when the provider does not tell which account's events count.
 */
export async function createWebhookAddress(tenantId: string, connectionId: string): Promise<void> {
  if (!isId(connectionId))
    throw new Problem('not_found', 'There is no such connection in this workspace.');
  const options = { retry: { baseMs: config().SYNC_RETRY_BASE_MS } };
  await withConnection({ tenantId, connectionId }, options, async (session) => {
    const { provider, connection } = session;
    if (provider.webhook?.proof.kind !== 'token')
      throw new Problem('bad_request', `${provider.label} has no address that we make.`);
    const accountId = await findAccount(session);
    await withTenant(tenantId, async (tx) => {
      await createWebhookToken(tx, connection);
      await tx
        .insert(eventSubscriptions)
        .values({ tenantId, connectionId, accountId })
        .onConflictDoUpdate({
          target: [eventSubscriptions.tenantId, eventSubscriptions.connectionId],
          set: { accountId },
        });
      const target = toAuditTarget(connection);
      await recordAudit(tx, { tenantId, action: 'webhook.address_created', target });
    });
  });
}

/**
 * The account as the provider tells it. Null when deliveries name no account, or when a sign-in has
 * named it already; otherwise nobody could be told apart from it.
 */
async function findAccount({
  connection,
  provider,
  http,
  settings,
  secrets,
}: ConnectionSession): Promise<string | null> {
  const { webhook, label } = provider;
  if (webhook?.findAccount === undefined || (await isSignedIn(connection))) return null;
  const context = { http, settings, secrets, now: new Date(), concurrency: 1 };
  const found = await webhook.findAccount(context).catch((error: unknown) => {
    throw error instanceof RemoteError ? toProblem(label, error) : error;
  });
  if (found !== null) return found;
  throw new Problem(
    'conflict',
    `${label} did not tell which account this connection is for, so nothing would tell its ` +
      'messages from those of others. Nothing was changed.',
  );
}

/** Whether a sign-in named the account, which then counts. */
async function isSignedIn({ tenantId, id }: Connection): Promise<boolean> {
  const [found] = await readTenant(tenantId, (tx) =>
    tx
      .select({ account: authorizations.accountId })
      .from(authorizations)
      .where(and(eq(authorizations.tenantId, tenantId), eq(authorizations.connectionId, id))),
  );
  return typeof found?.account === 'string';
}
