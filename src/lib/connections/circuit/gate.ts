import { RemoteError } from '../../platform/http/errors.ts';
import type { Gate, AttemptOutcome } from '../../platform/http/types.ts';
import { log } from '../../platform/log.ts';
import { safeMessage } from '../../platform/secrets.ts';
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

/** For so long an opening by another worker may go unnoticed here. */
const cacheMs = 1000;

export interface CircuitGateOptions {
  /** What the source is called in messages. */
  label?: string;
  /** This run got the probe from `admit`: its first answer closes the circuit or opens it again. */
  probe?: boolean;
  /** What fails after it has fired was stopped by us and says nothing of the source. */
  signal?: AbortSignal | undefined;
  rules?: Partial<CircuitRules>;
}

/**
 * Leaves a source alone that does not answer. While the circuit is open, `enter` throws RemoteError
 * `transient` with `until`. Failures count over all workers; successes cost no query unless there
 * were failures before.
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
   * A probe that never left, such as for want of an access token, is given back; else it would keep
   * everybody off until it counts as lost.
   */
  async function close(): Promise<void> {
    if (!isProbe) return;
    isProbe = false;
    await releaseProbe(tenantId, connectionId).catch((error: unknown) =>
      log.warn(
        { event: 'circuit.probe_kept', tenantId, connectionId, reason: safeMessage(error) },
        'A probe that was not sent could not be given back',
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
    `${label} has not been answering${since}. ${reason ?? ''} It is left alone for a while; the next try follows by itself ${next}.`,
    details,
  );
}

/** Without the source's own words: they may hold anything. */
function describeFailure({ status, failure }: AttemptOutcome): string {
  if (failure === 'malformed')
    return `Its last answer was not what it promises${status === undefined ? '' : ` (HTTP ${status})`}.`;
  return status === undefined || status < 300
    ? 'The last request got no complete answer.'
    : `Its last answer was that it cannot answer right now (HTTP ${status}).`;
}
