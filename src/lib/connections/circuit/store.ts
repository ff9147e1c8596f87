import { and, eq, ne, sql } from 'drizzle-orm';
import { patiently } from '../../platform/db/retry.ts';
import { databaseTime } from '../../platform/db/time.ts';
import type { Tx } from '../../platform/db/pool.ts';
import { log } from '../../platform/log.ts';
import { withTenant } from '../../identity/tenancy/with-tenant.ts';
import { circuits } from '../../schema/connections.ts';
import {
  claimed,
  closedCircuit,
  defaultRules,
  failed,
  released,
  reopened,
  succeeded,
  type Circuit,
  type CircuitRules,
  type Turn,
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
 * see `circuitGate`.
 */
export async function admit(
  tenantId: string,
  connectionId: string,
  { insist = false, rules }: AdmitOptions = {},
): Promise<Admission> {
  const known = await readCircuit(tenantId, connectionId);
  if (known.state === 'closed') return { kind: 'closed' };
  let isProbe = false;
  const circuit = await changeCircuit(tenantId, connectionId, rules, (current, turn) => {
    const probe = claimed(current, turn, insist);
    isProbe = probe !== undefined;
    return probe ?? current;
  });
  if (circuit.state === 'closed') return { kind: 'closed' };
  return isProbe
    ? { kind: 'probe' }
    : { kind: 'open', until: circuit.probeAt ?? new Date(), reason: circuit.reason ?? '' };
}

/** Notes a failed try; the last of many in a row opens the circuit. */
export function noteFailure(
  tenantId: string,
  connectionId: string,
  reason: string,
  rules?: Partial<CircuitRules>,
): Promise<Circuit> {
  return changeCircuit(tenantId, connectionId, rules, (circuit, turn) =>
    failed(circuit, reason, turn),
  );
}

/** Notes that the source answered after failures. */
export function noteSuccess(tenantId: string, connectionId: string): Promise<Circuit> {
  return changeCircuit(tenantId, connectionId, {}, succeeded);
}

/** The probe succeeded: everybody may ask again. */
export function closeCircuit(tenantId: string, connectionId: string): Promise<Circuit> {
  return changeCircuit(tenantId, connectionId, {}, () => closedCircuit);
}

/** The probe failed: nobody asks until the next one, which is twice as far off. */
export function reopen(
  tenantId: string,
  connectionId: string,
  reason: string,
  rules?: Partial<CircuitRules>,
): Promise<Circuit> {
  return changeCircuit(tenantId, connectionId, rules, (circuit, turn) =>
    reopened(circuit, reason, turn),
  );
}

/** The probe was not sent: another worker may have it at once. */
export function releaseProbe(tenantId: string, connectionId: string): Promise<Circuit> {
  return changeCircuit(tenantId, connectionId, {}, released);
}

/** The circuit of one connection; closed when nothing is known of it. */
export function readCircuit(tenantId: string, connectionId: string): Promise<Circuit> {
  return patiently(() =>
    withTenant(tenantId, async (tx) => {
      const [row] = await tx.select(columns).from(circuits).where(own(tenantId, connectionId));
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
export async function circuitStates(tx: Tx, tenantId: string): Promise<OpenCircuit[]> {
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
const own = (tenantId: string, connectionId: string) =>
  and(eq(circuits.tenantId, tenantId), eq(circuits.connectionId, connectionId));

/**
 * One short transaction: locks the row, applies the rule to it and to the database's clock, and
 * writes what it changed.
 */
async function changeCircuit(
  tenantId: string,
  connectionId: string,
  rules: Partial<CircuitRules> = {},
  rule: (circuit: Circuit, turn: Turn) => Circuit,
): Promise<Circuit> {
  const { before, after } = await patiently(() =>
    withTenant(tenantId, async (tx) => {
      const before = await lockCircuit(tx, tenantId, connectionId);
      const turn = {
        at: await databaseTime(tx),
        rules: { ...defaultRules, ...rules },
        chance: Math.random(),
      };
      const after = rule(before, turn);
      if (!isSame(before, after))
        await tx
          .update(circuits)
          .set({ ...after, changedAt: sql`clock_timestamp()` })
          .where(own(tenantId, connectionId));
      return { before, after };
    }),
  );
  announce(before, after, { tenantId, connectionId });
  return after;
}

async function lockCircuit(tx: Tx, tenantId: string, connectionId: string): Promise<Circuit> {
  const locked = () =>
    tx.select(columns).from(circuits).where(own(tenantId, connectionId)).for('update');
  const [known] = await locked();
  if (known !== undefined) return known;
  await tx.insert(circuits).values({ tenantId, connectionId }).onConflictDoNothing();
  const [made] = await locked();
  return made ?? closedCircuit;
}

function isSame(one: Circuit, other: Circuit): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

function announce(
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
