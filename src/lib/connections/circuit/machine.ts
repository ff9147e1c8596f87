/** The circuit breaker of one connection, shared by all workers. */
export interface Circuit {
  /**
   * closed: requests are sent. open: none are sent. half_open: one worker sends a probe, and the
   * others wait for its result.
   */
  state: 'closed' | 'open' | 'half_open';
  /** Failed attempts in a row across all workers; counted while closed. */
  failures: number;
  /** How often it has opened since the source last responded. */
  openings: number;
  /** Since when the source has not been responding. */
  openedAt: Date | null;
  /** When the next probe may be sent; while half open, when the present probe counts as lost. */
  probeAt: Date | null;
  reason: string | null;
}

export const closedCircuit: Circuit = {
  state: 'closed',
  failures: 0,
  openings: 0,
  openedAt: null,
  probeAt: null,
  reason: null,
};

export interface CircuitRules {
  /** Failed attempts in a row that open the circuit breaker. */
  failures: number;
  /** From the first opening to the first probe; doubles with each opening, up to 60 times that. */
  firstWaitMs: number;
  /** A probe without a result counts as lost after this long, and another worker may send one. */
  probeMs: number;
}

/**
 * Counts attempts, not sync runs: eight attempts are two requests with all their retries, a few
 * seconds of outage; three hourly runs would send requests to a dead source for three hours.
 */
export const defaultRules: CircuitRules = { failures: 8, firstWaitMs: 60_000, probeMs: 120_000 };

/** The wait stops growing at this multiple of `firstWaitMs`: an hour by default. */
const maxMultiplier = 60;

/** A wait is lengthened by up to this share at random, so that connections do not probe in step. */
const jitterShare = 0.1;

/**
 * The input of every transition besides the circuit itself: the database's clock, the rules, and a
 * random number from 0 to 1 for the jitter.
 */
export interface TransitionContext {
  at: Date;
  rules: CircuitRules;
  chance: number;
}

/**
 * An attempt failed. Counts only while closed: in the other states it is the late response to a
 * request that was sent before the circuit breaker opened.
 */
export function applyFailure(
  circuit: Circuit,
  reason: string,
  context: TransitionContext,
): Circuit {
  if (circuit.state !== 'closed') return circuit;
  const counted = { ...circuit, failures: circuit.failures + 1 };
  return counted.failures < context.rules.failures
    ? counted
    : openCircuit(counted, reason, context);
}

/**
 * An attempt succeeded: the count of failures starts over. An open circuit breaker stays open until
 * its probe succeeds.
 */
export function applySuccess(circuit: Circuit): Circuit {
  return circuit.state === 'closed' ? closedCircuit : circuit;
}

/**
 * Gives the probe to the first caller once it is due; undefined when it is not to be had. `insist`
 * skips the wait but never takes a probe from another worker.
 */
export function claimProbe(
  circuit: Circuit,
  { at, rules }: TransitionContext,
  insist: boolean,
): Circuit | undefined {
  const due = circuit.probeAt === null || circuit.probeAt <= at;
  const free = circuit.state === 'open' ? due || insist : circuit.state === 'half_open' && due;
  return free
    ? { ...circuit, state: 'half_open', probeAt: new Date(at.getTime() + rules.probeMs) }
    : undefined;
}

/** The probe failed: the circuit breaker opens again, for longer. */
export function applyReopen(circuit: Circuit, reason: string, context: TransitionContext): Circuit {
  return circuit.state === 'half_open' ? openCircuit(circuit, reason, context) : circuit;
}

/** The probe was never sent, because a step before it failed: the next caller may have it. */
export function applyRelease(circuit: Circuit, { at }: TransitionContext): Circuit {
  return circuit.state === 'half_open' ? { ...circuit, state: 'open', probeAt: at } : circuit;
}

function openCircuit(
  circuit: Circuit,
  reason: string,
  { at, rules, chance }: TransitionContext,
): Circuit {
  const openings = circuit.openings + 1;
  const wait = rules.firstWaitMs * Math.min(2 ** (openings - 1), maxMultiplier);
  return {
    state: 'open',
    failures: circuit.failures,
    openings,
    openedAt: circuit.openedAt ?? at,
    probeAt: new Date(at.getTime() + wait * (1 + chance * jitterShare)),
    reason,
  };
}
