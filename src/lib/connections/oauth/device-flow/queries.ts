import { and, desc, eq, gt, sql } from 'drizzle-orm';
import { Problem } from '../../../platform/errors.ts';
import { isId } from '../../../platform/id.ts';
import { providers } from '../../../connectors/registry.ts';
import { readTenant } from '../../../identity/tenancy/with-tenant.ts';
import { deviceAuthorizations } from '../../../schema/connections.ts';

/** A sign-in with a code as its page shows it, without secrets. */
export interface DeviceAuthorizationView {
  id: string;
  /** Labels of the provider and of the connection to be. */
  provider: string;
  label: string;
  userCode: string;
  verificationUrl: string;
  state: 'waiting' | 'connected' | 'refused' | 'expired';
  message: string | null;
  expiresAt: Date;
  intervalSeconds: number;
}

const columns = {
  id: deviceAuthorizations.id,
  provider: deviceAuthorizations.provider,
  label: deviceAuthorizations.label,
  userCode: deviceAuthorizations.userCode,
  verificationUrl: deviceAuthorizations.verificationUrl,
  message: deviceAuthorizations.message,
  expiresAt: deviceAuthorizations.expiresAt,
  intervalSeconds: deviceAuthorizations.intervalSeconds,
  // Computed, because the worker may not have polled since the code expired.
  state: sql<DeviceAuthorizationView['state']>`case
    when ${deviceAuthorizations.state} = 'waiting' and ${deviceAuthorizations.expiresAt} <= now()
    then 'expired' else ${deviceAuthorizations.state} end`,
};

/** One sign-in with a code. Throws Problem `not_found`. */
export async function getDeviceAuthorization(
  tenantId: string,
  id: string,
): Promise<DeviceAuthorizationView> {
  const rows = isId(id)
    ? await readTenant(tenantId, (tx) =>
        tx
          .select(columns)
          .from(deviceAuthorizations)
          .where(and(eq(deviceAuthorizations.tenantId, tenantId), eq(deviceAuthorizations.id, id))),
      )
    : [];
  const [found] = rows.map(withProviderLabel);
  if (found === undefined)
    throw new Problem('not_found', 'There is no such sign-in in this workspace.');
  return found;
}

/** The sign-ins that wait for a person, newest first. */
export async function listPendingAuthorizations(
  tenantId: string,
): Promise<DeviceAuthorizationView[]> {
  const waiting = and(
    eq(deviceAuthorizations.tenantId, tenantId),
    eq(deviceAuthorizations.state, 'waiting'),
    gt(deviceAuthorizations.expiresAt, sql`now()`),
  );
  return (
    await readTenant(tenantId, (tx) =>
      tx
        .select(columns)
        .from(deviceAuthorizations)
        .where(waiting)
        .orderBy(desc(deviceAuthorizations.id)),
    )
  ).map(withProviderLabel);
}

const withProviderLabel = (row: DeviceAuthorizationView): DeviceAuthorizationView => ({
  ...row,
  provider: providers.find(({ key }) => key === row.provider)?.label ?? row.provider,
});
