import { and, eq, ne, sql } from 'drizzle-orm';
import { readDatabaseTime } from '../../platform/db/time.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { log } from '../../platform/log.ts';
import { retryInTenant } from '../../identity/tenancy/with-tenant.ts';
import { circuits } from '../../schema/connections.ts';
import {
  claimProbe,
  closedCircuit,
  defaultRules,
  applyFailure,
  applyRelease,
  applyReopen,
  applySuccess,
  type Circuit,
  type CircuitRules,
  type TransitionContext,
} from './machine.ts';

/**
 * Whether a run may start. `probe`: it may, as the only one, to show whether the source responds
 * again.
 */
export type Admission =
  { kind: 'closed' } | { kind: 'probe' } | { kind: 'open'; until: Date; reason: string };

export interface AdmitOptions {
  /** A person requested the run: it may probe early, unless another worker is probing. */
  insist?: boolean;
  rules?: Partial<CircuitRules>;
}

/**
 * Checks the circuit breaker once at the start of a run. When a probe is due, exactly one of all
 * callers gets it and passes it on to `createCircuitGate`.
 */
export async function admit(
  tenantId: string,
  connectionId: string,
  { insist = false, rules }: AdmitOptions = {},
): Promise<Admission> {
  const known = await readCircuit(tenantId, connectionId);
  if (known.state === 'closed') return { kind: 'closed' };
  let isProbe = false;
  const circuit = await changeCircuit(tenantId, connectionId, rules, (current, context) => {
    const probe = claimProbe(current, context, insist);
    isProbe = probe !== undefined;
    return probe ?? current;
  });
  if (circuit.state === 'closed') return { kind: 'closed' };
  return isProbe
    ? { kind: 'probe' }
    : { kind: 'open', until: circuit.probeAt ?? new Date(), reason: circuit.reason ?? '' };
}

/** Counts a failed attempt, which may open the circuit breaker. */
export function recordFailure(
  tenantId: string,
  connectionId: string,
  reason: string,
  rules?: Partial<CircuitRules>,
): Promise<Circuit> {
  return changeCircuit(tenantId, connectionId, rules, (circuit, context) =>
    applyFailure(circuit, reason, context),
  );
}

/** Resets the count of failures after a response. */
export function recordSuccess(tenantId: string, connectionId: string): Promise<Circuit> {
  return changeCircuit(tenantId, connectionId, {}, applySuccess);
}

/** Closes the circuit breaker after a probe that succeeded. */
export function closeCircuit(tenantId: string, connectionId: string): Promise<Circuit> {
  return changeCircuit(tenantId, connectionId, {}, () => closedCircuit);
}

/** Reopens the circuit breaker after a probe that failed; the wait for the next one doubles. */
export function reopenCircuit(
  tenantId: string,
  connectionId: string,
  reason: string,
  rules?: Partial<CircuitRules>,
): Promise<Circuit> {
  return changeCircuit(tenantId, connectionId, rules, (circuit, context) =>
    applyReopen(circuit, reason, context),
  );
}

/** Returns a probe that was not sent, so that another worker may have it at once. */
export function releaseProbe(tenantId: string, connectionId: string): Promise<Circuit> {
  return changeCircuit(tenantId, connectionId, {}, applyRelease);
}

/** The circuit breaker of one connection; closed when nothing is stored for it. */
export function readCircuit(tenantId: string, connectionId: string): Promise<Circuit> {
  return retryInTenant(tenantId, async (tx) => {
    const [row] = await tx.select(columns).from(circuits).where(whereOwn(tenantId, connectionId));
    return row ?? closedCircuit;
  });
}

/** A circuit breaker that is not closed, for pages and alerts. */
export interface OpenCircuit {
  connectionId: string;
  state: 'open' | 'half_open';
  since: Date;
  probeAt: Date;
  reason: string;
}

/** The circuit breakers of a workspace that are not closed. */
export async function listOpenCircuits(tx: Tx, tenantId: string): Promise<OpenCircuit[]> {
  const rows = await tx
    .select({ connectionId: circuits.connectionId, ...columns })
    .from(circuits)
    .where(and(eq(circuits.tenantId, tenantId), ne(circuits.state, 'closed')));
  return rows.flatMap(({ connectionId, state, openedAt, probeAt, reason }) =>
    state === 'closed' || openedAt === null || probeAt === null
      ? []
      : [{ connectionId, state, since: openedAt, probeAt, reason: reason ?? '' }],
  );
}

const columns = {
  state: circuits.state,
  failures: circuits.failures,
  openings: circuits.openings,
  openedAt: circuits.openedAt,
  probeAt: circuits.probeAt,
  reason: circuits.reason,
};
const whereOwn = (tenantId: string, connectionId: string) =>
  and(eq(circuits.tenantId, tenantId), eq(circuits.connectionId, connectionId));

/**
 * Applies a transition in one short transaction: locks the row, computes the new state by the
 * database's clock, and writes it if it differs.
 */
async function changeCircuit(
  tenantId: string,
  connectionId: string,
  rules: Partial<CircuitRules> = {},
  rule: (circuit: Circuit, context: TransitionContext) => Circuit,
): Promise<Circuit> {
  const { before, after } = await retryInTenant(tenantId, async (tx) => {
    const before = await lockCircuit(tx, tenantId, connectionId);
    const context = {
      at: await readDatabaseTime(tx),
      rules: { ...defaultRules, ...rules },
      chance: Math.random(),
    };
    const after = rule(before, context);
    if (!isSame(before, after))
      await tx
        .update(circuits)
        .set({ ...after, changedAt: sql`clock_timestamp()` })
        .where(whereOwn(tenantId, connectionId));
    return { before, after };
  });
  logTransition(before, after, { tenantId, connectionId });
  return after;
}

async function lockCircuit(tx: Tx, tenantId: string, connectionId: string): Promise<Circuit> {
  const selectForUpdate = () =>
    tx.select(columns).from(circuits).where(whereOwn(tenantId, connectionId)).for('update');
  const [known] = await selectForUpdate();
  if (known !== undefined) return known;
  await tx.insert(circuits).values({ tenantId, connectionId }).onConflictDoNothing();
  const [created] = await selectForUpdate();
  return created ?? closedCircuit;
}

function isSame(one: Circuit, other: Circuit): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

function logTransition(
  before: Circuit,
  { state, probeAt, reason }: Circuit,
  fields: { tenantId: string; connectionId: string },
): void {
  if (before.state === state) return;
  if (state === 'open')
    log.warn(
      { event: 'circuit.opened', ...fields, until: probeAt, reason },
      'A source does not respond: no requests are sent for now',
    );
  if (state === 'half_open')
    log.info(
      { event: 'circuit.probe', ...fields },
      'A probe is sent to a source that did not respond',
    );
  if (state === 'closed')
    log.info({ event: 'circuit.closed', ...fields }, 'A source responds again');
}
