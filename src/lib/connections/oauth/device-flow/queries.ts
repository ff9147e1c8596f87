import { and, desc, eq, gt, sql } from 'drizzle-orm';
import { Problem } from '../../../platform/errors.ts';
import { isId } from '../../../platform/id.ts';
import { providers } from '../../../connectors/registry.ts';
import { readTenant } from '../../../identity/tenancy/with-tenant.ts';
import { deviceConsents } from '../../../schema/connections.ts';

/** A consent as its page shows it: nothing of it is secret. */
export interface ConsentView {
  id: string;
  /** Label of the provider, and what the connection is to be called. */
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
  id: deviceConsents.id,
  provider: deviceConsents.provider,
  label: deviceConsents.label,
  userCode: deviceConsents.userCode,
  verificationUrl: deviceConsents.verificationUrl,
  message: deviceConsents.message,
  expiresAt: deviceConsents.expiresAt,
  intervalSeconds: deviceConsents.intervalSeconds,
  // Nobody may have looked since its time ran out.
  state: sql<
    ConsentView['state']
  >`case when ${deviceConsents.state} = 'waiting' and ${deviceConsents.expiresAt} <= now() then 'expired' else ${deviceConsents.state} end`,
};

/** Throws Problem `not_found`. */
export async function consentView(tenantId: string, id: string): Promise<ConsentView> {
  const rows = isId(id)
    ? await readTenant(tenantId, (tx) =>
        tx
          .select(columns)
          .from(deviceConsents)
          .where(and(eq(deviceConsents.tenantId, tenantId), eq(deviceConsents.id, id))),
      )
    : [];
  const [found] = rows.map(named);
  if (found === undefined)
    throw new Problem('not_found', 'There is no such sign-in in this workspace.');
  return found;
}

/** Those that wait for somebody, the newest first. */
export async function waitingConsents(tenantId: string): Promise<ConsentView[]> {
  const waiting = and(
    eq(deviceConsents.tenantId, tenantId),
    eq(deviceConsents.state, 'waiting'),
    gt(deviceConsents.expiresAt, sql`now()`),
  );
  return (
    await readTenant(tenantId, (tx) =>
      tx.select(columns).from(deviceConsents).where(waiting).orderBy(desc(deviceConsents.id)),
    )
  ).map(named);
}

const named = (row: ConsentView): ConsentView => ({
  ...row,
  provider: providers.find(({ key }) => key === row.provider)?.label ?? row.provider,
});
