/**
 * One of many processes that share a connection. Reads a JSON command from each line of standard
 * input and answers each with a JSON line, so that a test can let many of them act at the same
 * moment.
 */
import { createInterface } from 'node:readline';
import { createRateLimitGate } from '#lib/connections/rate-limit/gate.ts';
import { createCircuitGate } from '../../../src/lib/connections/circuit/gate.ts';
import { admit, recordFailure } from '../../../src/lib/connections/circuit/store.ts';
import { createHttpClient } from '../../../src/lib/platform/http/client.ts';
import { RemoteError } from '../../../src/lib/platform/http/errors.ts';
import type { Gate } from '../../../src/lib/platform/http/types.ts';
import type { RateWindow } from '#lib/connectors/contract/limits.ts';

export interface Command {
  kind: 'enter' | 'fetch' | 'admit' | 'fail';
  tenantId: string;
  connectionId: string;
  windows?: RateWindow[];
  /** What `fetch` asks, or nothing for `enter`. */
  url?: string;
  /** How many requests, so many at once, in at most so many milliseconds. */
  requests?: number;
  concurrency?: number;
  ms?: number;
  maxWaitMs?: number;
  circuit?: boolean;
  /** Begins with gates that know nothing, as a process that has just started. */
  forget?: boolean;
}

export interface Result {
  /** How many requests were let through. */
  passed: number;
  /** When the last was, in milliseconds since 1970. */
  lastAt: number;
  failures: string[];
  admission?: string;
}

const kinds: Record<Command['kind'], (command: Command) => Promise<Result>> = {
  enter: ask,
  fetch: ask,
  admit: askAdmission,
  fail,
};

createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line) as Command;
  void kinds[command.kind](command).then((result) =>
    process.stdout.write(`${JSON.stringify(result)}\n`),
  );
});
process.stdin.on('end', () => process.exit(0));
process.stdout.write('"ready"\n');

/** What a connection's gates have taken stays with them from command to command. */
const known = new Map<string, Gate[]>();

function gatesOf(command: Command): Gate[] {
  const { tenantId, connectionId, windows, maxWaitMs, circuit, forget } = command;
  if (forget === true) known.delete(connectionId);
  const limits = { concurrency: 1, timeoutMs: 5000, ...(windows && { windows }) };
  const made = known.get(connectionId) ?? [
    ...(circuit === true ? [createCircuitGate(tenantId, connectionId)] : []),
    createRateLimitGate(tenantId, connectionId, limits, {
      firstPauseMs: 50,
      ...(maxWaitMs !== undefined && { maxWaitMs }),
    }),
  ];
  known.set(connectionId, made);
  return made;
}

async function ask(command: Command): Promise<Result> {
  const { url, requests = Number.POSITIVE_INFINITY, concurrency = 1, ms = 60_000 } = command;
  const gates = gatesOf(command);
  const http = createHttpClient({
    allowedHosts: ['127.0.0.1'],
    allowLoopback: true,
    gates,
    retry: { retries: 0 },
  });
  const result: Result = { passed: 0, lastAt: 0, failures: [] };
  const deadline = Date.now() + ms;
  let left = requests;
  const one = async () => {
    while (left > 0 && Date.now() < deadline) {
      left -= 1;
      try {
        await (url === undefined ? enterAll(gates) : http.request({ url }));
        result.passed += 1;
        result.lastAt = Date.now();
      } catch (error) {
        result.failures.push(
          error instanceof RemoteError
            ? `${error.kind}${error.unsent ? ' unsent' : ''}`
            : String(error),
        );
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, one));
  await http.close();
  return result;
}

async function enterAll(gates: Gate[]): Promise<void> {
  for (const gate of gates) await gate.enter();
}

async function askAdmission({ tenantId, connectionId }: Command): Promise<Result> {
  return {
    passed: 0,
    lastAt: 0,
    failures: [],
    admission: (await admit(tenantId, connectionId)).kind,
  };
}

async function fail({ tenantId, connectionId, requests = 1 }: Command): Promise<Result> {
  for (let left = requests; left > 0; left -= 1)
    await recordFailure(tenantId, connectionId, 'It is down.');
  return { passed: 0, lastAt: 0, failures: [] };
}
