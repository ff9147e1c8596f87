/** Whether a connection's source answers, as all workers see it. */
export interface Circuit {
  /**
   * closed: it answers. open: nobody asks. half_open: one worker asks, the others wait for what
   * comes of it.
   */
  state: 'closed' | 'open' | 'half_open';
  /** Failed tries in a row, over all workers; counted while closed. */
  failures: number;
  /** Openings since the source last answered. */
  openings: number;
  /** Since when it has not been answering. */
  openedAt: Date | null;
  /** When the next probe may be sent; while one is under way, when it counts as lost. */
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
  /** So many failed tries in a row open the circuit. */
  failures: number;
  /**
   * From the first opening to the first probe. It doubles with each opening, to sixty times that.
   */
  firstWaitMs: number;
  /** A probe that says nothing for so long is given to another worker. */
  probeMs: number;
}

/**
 * Tries rather than runs: eight tries are two requests with all their retries, which takes some
 * seconds of outage; three runs would be three hours of asking a source that is down.
 */
export const defaultRules: CircuitRules = { failures: 8, firstWaitMs: 60_000, probeMs: 120_000 };

const maxMultiplier = 60;

/**
 * What every transition is told besides the circuit itself. `chance` is between 0 and 1: workers of
 * many connections spread out.
 */
export interface TransitionContext {
  at: Date;
  rules: CircuitRules;
  chance: number;
}

/**
 * A try failed. While nobody is meant to ask, it is the late answer to a request from before:
 * nothing new.
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
 * A try succeeded: the row of failures is broken. An open circuit waits for its probe all the same.
 */
export function applySuccess(circuit: Circuit): Circuit {
  return circuit.state === 'closed' ? closedCircuit : circuit;
}

/**
 * Gives the probe to whoever asks first once it is due; `insist` does not wait for that, but never
 * takes it from another.
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

/** The probe failed: a longer wait begins. */
export function applyReopen(circuit: Circuit, reason: string, context: TransitionContext): Circuit {
  return circuit.state === 'half_open' ? openCircuit(circuit, reason, context) : circuit;
}

/** The probe was never sent, because what comes before it failed: whoever asks next may have it. */
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
    probeAt: new Date(at.getTime() + wait * (1 + chance / 10)),
    reason,
  };
}
