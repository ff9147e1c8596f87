import { z } from 'zod';
import { randomFrom, type Random } from './random.ts';

const retryAfter = z.union([
  z.string().describe('sent as it is'),
  z.object({ style: z.enum(['seconds', 'http_date', 'iso', 'milliseconds']), ms: z.number() }),
]);

const effects = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('rate_limited'),
    retryAfter: retryAfter.optional(),
    html: z.boolean().default(false),
  }),
  z.object({ kind: z.literal('status'), status: z.number().int().min(300).max(599) }),
  z.object({
    kind: z.literal('fail_after_effect'),
    status: z.number().int().min(400).max(599).default(502),
  }),
  z.object({ kind: z.literal('html_200') }),
  z.object({
    kind: z.literal('cut'),
    framing: z.enum(['length', 'chunked', 'close']).default('length'),
  }),
  z.object({
    kind: z.literal('drip'),
    bytes: z.number().int().positive().default(1),
    everyMs: z.number().positive().default(100),
  }),
  z.object({
    kind: z.literal('gzip_bomb'),
    megabytes: z.number().int().positive().max(1024).default(300),
  }),
  z.object({
    kind: z.literal('redirect'),
    location: z.string(),
    status: z.number().int().default(302),
  }),
  z.object({ kind: z.literal('latency'), ms: z.number().min(0).max(600_000) }),
  z.object({ kind: z.literal('down') }),
  z.object({ kind: z.literal('repeat_page') }),
  z.object({ kind: z.literal('endless_pages') }),
]);

const scope = z.object({
  provider: z.string().optional(),
  account: z.string().optional(),
  /** As in the counters: `GET read_client_list`; `GET *` is all that begin so. */
  endpoint: z.string().optional(),
  /** Lets this many matching requests pass first. */
  after: z.number().int().min(0).default(0),
  /** Hits this many matching requests and is gone. */
  next: z.number().int().positive().optional(),
  /** Hits each matching request with this chance, drawn from `seed`. */
  probability: z.number().min(0).max(1).optional(),
  seed: z.union([z.string(), z.number()]).default('faults'),
});

/** What a caller sends to arm a fault: a scope, how often, and one effect. */
const faultSchema = scope.and(effects);
export type FaultInput = z.input<typeof faultSchema>;
export type Effect = z.output<typeof effects>;
type Fault = z.output<typeof faultSchema>;

export interface Target {
  provider: string;
  account: string | null;
  endpoint: string;
}

/** What befalls one request. Latencies add up; of the rest the fault armed first wins. */
export interface Verdict {
  latencyMs: number;
  effect: Exclude<Effect, { kind: 'latency' }> | null;
}

interface Armed {
  id: number;
  fault: Fault;
  random: Random;
  seen: number;
  hits: number;
}

/** The armed faults. The n-th matching request always meets the same fate for the same seed. */
export class FaultBook {
  #armed: Armed[] = [];
  #lastId = 0;

  /** @throws ZodError when the fault is not one we know */
  arm(input: FaultInput): number {
    const fault = faultSchema.parse(input);
    this.#armed.push({
      id: ++this.#lastId,
      fault,
      random: randomFrom('fault', fault.seed),
      seen: 0,
      hits: 0,
    });
    return this.#lastId;
  }

  disarm(id?: number): void {
    this.#armed = id === undefined ? [] : this.#armed.filter((armed) => armed.id !== id);
  }

  list(): (Fault & { id: number; seen: number; hits: number })[] {
    return this.#armed.map(({ id, fault, seen, hits }) => ({ ...fault, id, seen, hits }));
  }

  judge(target: Target): Verdict {
    const verdict: Verdict = { latencyMs: 0, effect: null };
    if (this.#armed.length === 0) return verdict;
    for (const armed of this.#armed) {
      const { fault } = armed;
      if (!covers(fault, target) || (fault.kind !== 'latency' && verdict.effect)) continue;
      if (!strikes(armed)) continue;
      if (fault.kind === 'latency') verdict.latencyMs += fault.ms;
      else verdict.effect = fault;
    }
    this.#armed = this.#armed.filter(
      ({ fault, hits }) => fault.next === undefined || hits < fault.next,
    );
    return verdict;
  }
}

function covers(fault: Fault, target: Target): boolean {
  return (
    (fault.provider === undefined || fault.provider === target.provider) &&
    (fault.account === undefined || fault.account === target.account) &&
    (fault.endpoint === undefined ||
      fault.endpoint === target.endpoint ||
      (fault.endpoint.endsWith('*') && target.endpoint.startsWith(fault.endpoint.slice(0, -1))))
  );
}

function strikes(armed: Armed): boolean {
  if (armed.seen++ < armed.fault.after) return false;
  if (armed.fault.probability !== undefined && !armed.random.chance(armed.fault.probability))
    return false;
  armed.hits++;
  return true;
}
