import { RemoteError } from '../../platform/http/errors.ts';
import type { Gate, AttemptOutcome } from '../../platform/http/types.ts';
import { log } from '../../platform/log.ts';
import { safeReason } from '../../platform/secrets.ts';
import { formatMinuteUtc } from '../../platform/format-minute.ts';
import { closedCircuit, type Circuit, type CircuitRules } from './machine.ts';
import {
  closeCircuit,
  recordFailure,
  recordSuccess,
  readCircuit,
  releaseProbe,
  reopenCircuit,
} from './store.ts';

/**
 * How long the state that was read is trusted: up to a second of requests may follow after another
 * worker has opened the circuit breaker, and in return a query per request is saved.
 */
const cacheMs = 1000;

export interface CircuitGateOptions {
  /** Name of the source in messages. */
  label?: string;
  /**
   * `admit` gave this run the probe: its first response closes the circuit breaker or reopens it.
   */
  probe?: boolean;
  /** Failures after it fires do not count: we stopped the request, not the source. */
  signal?: AbortSignal | undefined;
  rules?: Partial<CircuitRules>;
}

/**
 * The circuit breaker of one connection. While it is open, `enter` throws RemoteError `transient`
 * with `until`, so that a source that is down gets no requests. Failures count across all workers;
 * a success costs a query only if it follows a failure.
 */
export function createCircuitGate(
  tenantId: string,
  connectionId: string,
  options: CircuitGateOptions = {},
): Gate {
  const { label = 'The source', signal, rules } = options;
  let isProbe = options.probe ?? false;
  let known: Circuit = closedCircuit;
  let readAt = Number.NEGATIVE_INFINITY;

  function updateState(circuit: Circuit): void {
    known = circuit;
    readAt = performance.now();
  }

  async function enter(): Promise<void> {
    if (isProbe) return;
    if (performance.now() - readAt > cacheMs)
      updateState(await readCircuit(tenantId, connectionId));
    if (known.state !== 'closed') throw createOpenCircuitError(label, known);
  }

  async function leave(outcome: AttemptOutcome): Promise<void> {
    const isFailure = outcome.failure === 'transient' || outcome.failure === 'malformed';
    if (isFailure && signal?.aborted) return;
    const wasProbe = isProbe;
    isProbe = false;
    if (isFailure)
      updateState(
        await (wasProbe ? reopenCircuit : recordFailure)(
          tenantId,
          connectionId,
          describeFailure(outcome),
          rules,
        ),
      );
    else if (wasProbe) updateState(await closeCircuit(tenantId, connectionId));
    else if (known.failures > 0) updateState(await recordSuccess(tenantId, connectionId));
  }

  /**
   * Releases a probe that was never sent, for example because there was no access token; otherwise
   * all workers would wait until it counts as lost.
   */
  async function close(): Promise<void> {
    if (!isProbe) return;
    isProbe = false;
    await releaseProbe(tenantId, connectionId).catch((error: unknown) =>
      log.warn(
        { event: 'circuit.probe_kept', tenantId, connectionId, reason: safeReason(error) },
        'A probe that was not sent could not be released',
      ),
    );
  }

  return { enter, leave, close };
}

function createOpenCircuitError(
  label: string,
  { openedAt, probeAt, reason }: Circuit,
): RemoteError {
  const since = openedAt === null ? '' : ` since ${formatMinuteUtc(openedAt, 'down')}`;
  const next = probeAt === null ? 'soon' : `at ${formatMinuteUtc(probeAt)}`;
  const details = { unsent: true, ...(probeAt && { until: probeAt }) };
  return new RemoteError(
    'transient',
    `${label} has not been responding${since}. ${reason ?? ''} ` +
      `No requests are sent for now; we will try again automatically ${next}.`,
    details,
  );
}

/** A sentence without the source's own words, which may contain anything. */
function describeFailure({ status, failure }: AttemptOutcome): string {
  if (failure === 'malformed')
    return `Its last response was not valid${status === undefined ? '' : ` (HTTP ${status})`}.`;
  return status === undefined || status < 300
    ? 'The last request got no complete response.'
    : `Its last response was a temporary error (HTTP ${status}).`;
}
