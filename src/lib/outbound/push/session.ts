import { withConnection, type ConnectionSession } from '../../connections/session.ts';
import type { PushDefinition, TargetMetadata } from '../../connectors/contract/destination.ts';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { compileRows, type CompiledRow } from '../../mappings/compile-rows.ts';
import { loadTargetMetadata } from '../../mappings/destination-fields.ts';
import { selectMapping, type Mapping } from '../../mappings/store.ts';
import { config } from '../../platform/config.ts';

/** Everything that the pushes of one slice share. */
export interface PushSession extends ConnectionSession {
  push: PushDefinition;
  metadata: TargetMetadata;
  mapping: Mapping;
  /** The rows of the mapping, ready to run. */
  rows: readonly CompiledRow[];
  signal: AbortSignal | undefined;
}

export interface PushSessionRequest {
  tenantId: string;
  connectionId: string;
  /** Whether a person requested it: then it does not wait for an open circuit. */
  insist: boolean;
  signal: AbortSignal | undefined;
}

/** Opens the CRM of a connection for writing. Throws RemoteError when it cannot be reached. */
export function withPushSession<T>(
  { tenantId, connectionId, insist, signal }: PushSessionRequest,
  work: (session: PushSession) => Promise<T>,
): Promise<T> {
  const options = {
    background: { insist },
    retry: { baseMs: config().SYNC_RETRY_BASE_MS },
    ...(signal && { signal }),
  };
  return withConnection({ tenantId, connectionId }, options, async (connection) => {
    const { provider, settings, http, secrets } = connection;
    const { push } = provider;
    if (push === undefined) throw new Error(`${provider.key} takes no leads`);
    const mapping = await retryInTenant(tenantId, (tx) =>
      selectMapping(tx, tenantId, connectionId),
    );
    await answerProbe(connection);
    const metadata = await loadTargetMetadata({ tenantId, connectionId }, push, {
      http,
      settings,
      secrets,
    });
    const rows = await compileRows(mapping.fields);
    return work({ ...connection, push, metadata, mapping, rows, signal });
  });
}

/**
 * Sends one read-only request when this session is the probe of an open circuit. A push that has
 * nothing to send would otherwise hold the probe without ever showing whether the CRM responds.
 */
async function answerProbe(session: ConnectionSession): Promise<void> {
  const { isProbe, provider, http, settings, secrets } = session;
  if (isProbe) await provider.check({ http, settings, secrets, now: new Date(), concurrency: 1 });
}
