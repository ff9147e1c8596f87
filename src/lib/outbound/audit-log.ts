import { recordWriteback } from '../connections/metrics.ts';
import { failpoint } from '../platform/failpoint.ts';
import { RemoteError } from '../platform/http/errors.ts';
import { sleepFor } from '../platform/http/retry.ts';
import type { HttpResponse, HttpClient, HttpRequest } from '../platform/http/types.ts';
import { newId } from '../platform/id.ts';
import { maskBody, maskPath, parseBody } from './audit-mask.ts';

/** One request with its response, or a note, with personal data masked. */
export interface AuditEvent {
  id: string;
  /** The step of the work, such as "find" or "lead". */
  step: string;
  outcome: 'ok' | 'failed' | 'note';
  message: string | null;
  method?: string;
  /** Path and query, without the host. */
  path?: string;
  status?: number | null;
  request?: unknown;
  response?: unknown;
  /** From sending to the response, in milliseconds. */
  ms?: number;
}

export interface AuditLogOptions {
  /** The provider's key, for the metrics. */
  provider: string;
  /** Fields of the provider that are masked whatever they hold. */
  personalFields?: readonly string[];
  /**
   * Called before each write with all events so far. It stores them, and throws FencedError when
   * another worker has taken over.
   */
  store: (events: AuditEvent[]) => Promise<void>;
  /** How often a conditional write whose response was lost is sent. */
  maxSends: number;
  /** The wait between two sends, in milliseconds. */
  retryMs: number;
}

/**
 * The audit log of one piece of work that writes to a remote system. It wraps the client and
 * records each request with its response. A write is stored before it is sent, so that it leaves a
 * trace even if the worker dies.
 */
export class AuditLog {
  /** The step of the requests that follow. */
  step = 'find';
  #events: AuditEvent[] = [];
  readonly #options: AuditLogOptions;

  constructor(options: AuditLogOptions) {
    this.#options = options;
  }

  /** Returns and removes the events that have not been stored yet. */
  drainEvents(): AuditEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  addNote(step: string, outcome: AuditEvent['outcome'], message: string): void {
    this.#events.push({ id: newId(), step, outcome, message });
  }

  /** A client whose requests and responses are recorded. */
  wrapClient(http: HttpClient): HttpClient {
    return {
      request: (request) =>
        isWrite(request) ? this.#write(http, request) : this.#send(http, request, newId()),
    };
  }

  /**
   * Sends a write. One that cannot take effect twice is sent again when its response was lost.
   */
  async #write(http: HttpClient, request: HttpRequest): Promise<HttpResponse> {
    for (let sent = 1; ; sent += 1) {
      const id = newId();
      await this.#options.store([...this.drainEvents(), this.#toSentEvent(id, request)]);
      failpoint('push.before_send');
      try {
        return await this.#send(http, request, id);
      } catch (error) {
        const isLost = error instanceof RemoteError && error.kind === 'transient' && !error.unsent;
        if (!isLost || request.effect !== 'once' || sent >= this.#options.maxSends) throw error;
        await sleepFor(this.#options.retryMs * sent * (0.75 + Math.random() / 2));
      }
    }
  }

  async #send(http: HttpClient, request: HttpRequest, id: string): Promise<HttpResponse> {
    const startedAt = performance.now();
    const addNote = (result: Pick<AuditEvent, 'status' | 'response' | 'outcome' | 'message'>) => {
      const ms = Math.round(performance.now() - startedAt);
      this.#events.push({ id, step: this.step, ...this.#toRequestFields(request), ...result, ms });
      if (isWrite(request)) recordWriteback(this.#options.provider, result.outcome === 'ok', ms);
    };
    try {
      const response = await http.request(request);
      if (isWrite(request)) failpoint('push.after_send');
      addNote({
        status: response.status,
        response: this.#maskBody(parseBody(response.body)),
        outcome: response.status < 300 || isExpectedAbsence(request, response) ? 'ok' : 'failed',
        message: null,
      });
      return response;
    } catch (error) {
      addNote({
        status: error instanceof RemoteError ? (error.status ?? null) : null,
        response: null,
        outcome: 'failed',
        message: error instanceof RemoteError ? error.message : 'No response.',
      });
      throw error;
    }
  }

  #toSentEvent(id: string, request: HttpRequest): AuditEvent {
    const message = 'Sent; the response is not known.';
    return { id, step: this.step, ...this.#toRequestFields(request), outcome: 'note', message };
  }

  #toRequestFields({ method = 'GET', url, json }: HttpRequest) {
    const request = json === undefined ? null : this.#maskBody(json);
    return { method, path: maskPath(url), request };
  }

  #maskBody(body: unknown): unknown {
    return maskBody(body, this.#options.personalFields);
  }
}

const isWrite = ({ method = 'GET', effect }: HttpRequest): boolean =>
  method !== 'GET' && effect !== 'none';

/** A 404 is not a failure for a read, which may be asking just that. */
const isExpectedAbsence = (request: HttpRequest, { status }: HttpResponse): boolean =>
  !isWrite(request) && status === 404;
