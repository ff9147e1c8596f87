import { and, desc, eq, gt, sql } from 'drizzle-orm';
import { Problem } from '../../platform/errors.ts';
import { isId } from '../../platform/id.ts';
import { providers } from '../../connectors/registry.ts';
import { readTenant } from '../../identity/tenancy/with-tenant.ts';
import { deviceAuthorizations } from '../../schema/connections.ts';

/** A sign-in as its page shows it, without secrets. */
export interface SignInView {
  id: string;
  /** Key and label of the provider, and the label of the connection to be. */
  providerKey: string;
  provider: string;
  label: string;
  /** What to enter at the provider and where; null when the person is sent there and back. */
  code: { userCode: string; verificationUrl: string; intervalSeconds: number } | null;
  state: 'waiting' | 'connected' | 'refused' | 'expired';
  message: string | null;
  expiresAt: Date;
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
  state: sql<SignInView['state']>`case
    when ${deviceAuthorizations.state} = 'waiting' and ${deviceAuthorizations.expiresAt} <= now()
    then 'expired' else ${deviceAuthorizations.state} end`,
};

/** One sign-in. Throws Problem `not_found`. */
export async function getSignIn(tenantId: string, id: string): Promise<SignInView> {
  const rows = isId(id)
    ? await readTenant(tenantId, (tx) =>
        tx
          .select(columns)
          .from(deviceAuthorizations)
          .where(and(eq(deviceAuthorizations.tenantId, tenantId), eq(deviceAuthorizations.id, id))),
      )
    : [];
  const [found] = rows.map(toView);
  if (found === undefined)
    throw new Problem('not_found', 'There is no such sign-in in this workspace.');
  return found;
}

/** The sign-ins that wait for a person, newest first. */
export async function listPendingSignIns(tenantId: string): Promise<SignInView[]> {
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
  ).map(toView);
}

type Row = Omit<SignInView, 'providerKey' | 'code'> & {
  userCode: string | null;
  verificationUrl: string | null;
  intervalSeconds: number | null;
};

function toView({ userCode, verificationUrl, intervalSeconds, ...row }: Row): SignInView {
  const isByCode = userCode !== null && verificationUrl !== null && intervalSeconds !== null;
  return {
    ...row,
    providerKey: row.provider,
    provider: providers.find(({ key }) => key === row.provider)?.label ?? row.provider,
    code: isByCode ? { userCode, verificationUrl, intervalSeconds } : null,
  };
}
