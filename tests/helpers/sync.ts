import { syncConnection } from '#lib/ingest/sync-connection.ts';
import type { RunReport } from '#lib/ingest/types.ts';
import { pullAfterSync } from '#lib/outbound/pull/pull.ts';

/** Syncs a connection and takes over what changed in the CRM, as the worker and the CLI do. */
export async function syncAndPull(connection: {
  tenantId: string;
  connectionId: string;
}): Promise<RunReport> {
  const { tenantId, connectionId } = connection;
  const report = await syncConnection({ tenantId, connectionId, trigger: 'cli' });
  await pullAfterSync({ tenantId, connectionId });
  return report;
}
