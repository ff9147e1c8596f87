import { createConnection } from '#lib/connections/connections.ts';
import { createRateLimitGate, type RateGateOptions } from '#lib/connections/rate-limit/gate.ts';
import type { Limits } from '#lib/connectors/contract/limits.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { newId } from '#lib/platform/id.ts';
import type { TestDatabase } from '../helpers/database.ts';

/** Whose budget it is. */
export interface Owner {
  tenantId: string;
  connectionId: string;
}

/** A connection with a budget of its own, in a workspace of its own. */
export async function connect(): Promise<Owner> {
  const secrets = { webKey: newId(), accessToken: newId() };
  const { id: tenantId } = await createTenant({ slug: `t${newId()}`, name: 'Acme' });
  const { id: connectionId } = await createConnection({
    tenantId,
    provider: 'clienttether',
    settings: { baseUrl: 'http://127.0.0.1:9/' },
    secrets,
  });
  return { tenantId, connectionId };
}

export const gateOf = (
  { tenantId, connectionId }: Owner,
  limits: Partial<Limits>,
  options: RateGateOptions = {},
) =>
  createRateLimitGate(
    tenantId,
    connectionId,
    { concurrency: 4, timeoutMs: 1000, ...limits },
    options,
  );

/** What all workers share of a connection's budget: the row `all`, then its windows by name. */
export const budgetRows = (db: TestDatabase, connectionId: string) =>
  db.query<{
    window: string;
    used: number;
    ceiling: number | null;
    started_at: Date;
    blocked_until: Date | null;
  }>(
    `select "window", used, ceiling, started_at, blocked_until
     from rate_budgets
     where connection_id = $1
     order by 1`,
    [connectionId],
  );
