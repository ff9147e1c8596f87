import { sql } from 'drizzle-orm';
import { recordWriteback } from '../connections/metrics.ts';
import type { Tx } from '../platform/db/pool.ts';
import { failpoint } from '../platform/failpoint.ts';
import { RemoteError } from '../platform/http/errors.ts';
import { sleepFor } from '../platform/http/retry.ts';
import type { HttpAnswer, HttpClient, HttpRequest } from '../platform/http/types.ts';
import { newId } from '../platform/id.ts';
import { mask } from '../platform/mask.ts';
import { pushEvents } from '../schema/pushes.ts';

export type NewEvent = typeof pushEvents.$inferInsert;

export interface TrailOptions {
  tenantId: string;
  pushId: string;
  attempt: number;
  actor: string | null;
  provider: string;
  /**
   * Stores what is given and proves that the push is still ours; throws FencedError when it is not.
   */
  hold: (events: NewEvent[]) => Promise<void>;
  /** Between two tries of a write whose answer was lost. */
  retryMs: number;
}

/** A body may be large; the trail keeps what a person can read. */
const longestBody = 8_000;
const sends = 3;

/**
 * The audit trail of one push under way: it stands between the push and the client and notes each
 * request with its answer, personal data masked. A write is noted before it leaves, so that a
 * worker that dies in between leaves a trace.
 */
export class Trail {
  /** What the requests that follow are about. */
  step = 'find';
  #events: NewEvent[] = [];
  readonly #options: TrailOptions;

  constructor(options: TrailOptions) {
    this.#options = options;
  }

  /** What has been noted and not been stored yet. */
  take(): NewEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  note(step: string, outcome: NewEvent['outcome'], message: string): void {
    this.#events.push({ ...this.#common(), step, outcome, message });
  }

  client(http: HttpClient): HttpClient {
    return {
      request: (request) =>
        request.method === undefined || request.method === 'GET'
          ? this.#sent(http, request, newId())
          : this.#write(http, request),
    };
  }

  /**
   * A conditional write cannot take effect twice, so that it is simply sent again when its answer
   * was lost.
   */
  async #write(http: HttpClient, request: HttpRequest): Promise<HttpAnswer> {
    const isConditional = Object.keys(request.headers ?? {}).some(
      (name) => name === 'if-match' || name === 'if-none-match',
    );
    for (let tried = 1; ; tried += 1) {
      const id = newId();
      await this.#options.hold([
        ...this.take(),
        {
          ...this.#common(),
          id,
          ...this.#about(request),
          outcome: 'note',
          message: 'Sent; no answer is known.',
        },
      ]);
      failpoint('push.before_send');
      try {
        return await this.#sent(http, request, id);
      } catch (error) {
        const isLost = error instanceof RemoteError && error.kind === 'transient' && !error.unsent;
        if (!isLost || !isConditional || tried === sends) throw error;
        await sleepFor(this.#options.retryMs * tried * (0.75 + Math.random() / 2));
      }
    }
  }

  async #sent(http: HttpClient, request: HttpRequest, id: string): Promise<HttpAnswer> {
    const startedAt = performance.now();
    const isWrite = request.method !== undefined && request.method !== 'GET';
    const noted = (outcome: Pick<NewEvent, 'status' | 'response' | 'outcome' | 'message'>) => {
      const ms = Math.round(performance.now() - startedAt);
      this.#events.push({ ...this.#common(), id, ...this.#about(request), ...outcome, ms });
      if (isWrite) recordWriteback(this.#options.provider, outcome.outcome === 'ok', ms);
    };
    try {
      const answer = await http.request(request);
      if (isWrite) failpoint('push.after_send');
      noted({
        status: answer.status,
        response: maskBody(jsonOf(answer.body)),
        outcome: answer.status < 300 || isAbsence(request, answer) ? 'ok' : 'failed',
        message: null,
      });
      return answer;
    } catch (error) {
      noted({
        status: error instanceof RemoteError ? (error.status ?? null) : null,
        response: null,
        outcome: 'failed',
        message: error instanceof RemoteError ? error.message : 'No answer.',
      });
      throw error;
    }
  }

  #common() {
    const { tenantId, pushId, attempt, actor } = this.#options;
    return {
      tenantId,
      id: newId(),
      pushId,
      attempt,
      step: this.step,
      actor,
      outcome: 'note' as const,
      message: null,
    };
  }

  #about({ method = 'GET', url, json }: HttpRequest) {
    return { method, path: maskPath(url), request: json === undefined ? null : maskBody(json) };
  }
}

/** That something is not there is what a search wants to know. */
const isAbsence = ({ method = 'GET' }: HttpRequest, { status }: HttpAnswer): boolean =>
  method === 'GET' && status === 404;

/** Stores events; one that was stored when its request was sent is completed by its answer. */
export async function storeEvents(tx: Tx, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  await tx
    .insert(pushEvents)
    .values([...latest(events)])
    .onConflictDoUpdate({
      target: [pushEvents.tenantId, pushEvents.id],
      set: {
        status: sql`excluded.status`,
        response: sql`excluded.response`,
        outcome: sql`excluded.outcome`,
        message: sql`excluded.message`,
        ms: sql`excluded.ms`,
      },
    });
}

/** One statement cannot touch a row twice. */
const latest = (events: readonly NewEvent[]): Iterable<NewEvent> =>
  new Map(events.map((event) => [event.id, event])).values();

/** Topics and descriptions name people, too. */
const alsoPersonal = new Set(['subject', 'name', 'description', 'hnt_infrasummary']);

/** A body without personal data, and without characters that cannot be stored. Pure. */
export function maskBody(body: unknown): unknown {
  const masked = masking(body, undefined);
  return JSON.stringify(masked ?? null).length > longestBody
    ? { note: 'Too long to be kept here.' }
    : (masked ?? null);
}

function masking(value: unknown, name: string | undefined): unknown {
  if (Array.isArray(value)) return value.map((each) => masking(each, name));
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([field, each]) => [field, masking(each, field)]),
    );
  const storable = typeof value === 'string' ? value.toWellFormed().replaceAll('\0', '') : value;
  if (name === undefined) return mask(storable);
  return alsoPersonal.has(name)
    ? mask(storable, true)
    : (mask({ [name]: storable }) as Record<string, unknown>)[name];
}

/**
 * Path and query without the host; addresses in a filter are masked, and the list of columns is
 * left out: it is long and always the same.
 */
function maskPath(url: string): string {
  const { pathname, search } = new URL(url);
  return String(mask(decoded(pathname + search).replace(/\$select=[^&]*/, '$select=…'))).slice(
    0,
    1_000,
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function jsonOf(body: string): unknown {
  try {
    return body.trim() === '' ? null : JSON.parse(body);
  } catch {
    return 'Not JSON.';
  }
}
