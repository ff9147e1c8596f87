import { and, eq, ne, sql } from 'drizzle-orm';
import { retryOnDbOutage } from '../../platform/db/retry.ts';
import { readDatabaseTime } from '../../platform/db/time.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { log } from '../../platform/log.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
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
 * Whether a run may begin. `probe`: this one finds out whether the source answers again, and nobody
 * else does meanwhile.
 */
export type Admission =
  { kind: 'closed' } | { kind: 'probe' } | { kind: 'open'; until: Date; reason: string };

export interface AdmitOptions {
  /** A person asks: the probe is given before it is due. Not while another worker has it. */
  insist?: boolean;
  rules?: Partial<CircuitRules>;
}

/**
 * Asked once at the beginning of a run. Of all who ask when a probe is due, exactly one gets it;
 * see `createCircuitGate`.
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

/** Notes a failed try; the last of many in a row opens the circuit. */
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

/** Notes that the source answered after failures. */
export function recordSuccess(tenantId: string, connectionId: string): Promise<Circuit> {
  return changeCircuit(tenantId, connectionId, {}, applySuccess);
}

/** The probe succeeded: everybody may ask again. */
export function closeCircuit(tenantId: string, connectionId: string): Promise<Circuit> {
  return changeCircuit(tenantId, connectionId, {}, () => closedCircuit);
}

/** The probe failed: nobody asks until the next one, which is twice as far off. */
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

/** The probe was not sent: another worker may have it at once. */
export function releaseProbe(tenantId: string, connectionId: string): Promise<Circuit> {
  return changeCircuit(tenantId, connectionId, {}, applyRelease);
}

/** The circuit of one connection; closed when nothing is known of it. */
export function readCircuit(tenantId: string, connectionId: string): Promise<Circuit> {
  return retryOnDbOutage(() =>
    withTenant(tenantId, async (tx) => {
      const [row] = await tx.select(columns).from(circuits).where(whereOwn(tenantId, connectionId));
      return row ?? closedCircuit;
    }),
  );
}

/** A source that does not answer, for pages and alerts. */
export interface OpenCircuit {
  connectionId: string;
  state: 'open' | 'half_open';
  since: Date;
  probeAt: Date;
  reason: string;
}

/** The circuits of a workspace that are not closed. */
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
 * One short transaction: locks the row, applies the rule to it and to the database's clock, and
 * writes what it changed.
 */
async function changeCircuit(
  tenantId: string,
  connectionId: string,
  rules: Partial<CircuitRules> = {},
  rule: (circuit: Circuit, context: TransitionContext) => Circuit,
): Promise<Circuit> {
  const { before, after } = await retryOnDbOutage(() =>
    withTenant(tenantId, async (tx) => {
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
    }),
  );
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
      'A source does not answer and is left alone for a while',
    );
  if (state === 'half_open')
    log.info({ event: 'circuit.probe', ...fields }, 'A source that did not answer is asked again');
  if (state === 'closed')
    log.info({ event: 'circuit.closed', ...fields }, 'A source answers again');
}
