import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxClock } from '../kit/clock.ts';
import type { HubSpotSpec } from './spec.ts';

/** One event as it goes over the wire; what is left out is filled in. */
export interface HubSpotEvent {
  eventId?: number;
  subscriptionId?: number;
  portalId?: number;
  occurredAt?: number;
  subscriptionType: string;
  objectId: number;
  [field: string]: unknown;
}

interface SigningOptions {
  /** The number of the attempt, which each event repeats. Default 0. */
  attempt?: number;
  /** When it is sent, in epoch milliseconds. Default: now. */
  at?: number;
  /** The address that is signed. Default: the one that is called. */
  signedUrl?: string;
  /** Default: the client secret of the account's app. */
  secret?: string;
}

/** As documented. The pauses between attempts are those of a sandbox. */
const ATTEMPTS = 11;
const PAUSE_MS = 20;
const MAX_EVENTS = 100;

/** The characters that the signature has in the place of their encodings. */
const DECODED: Record<string, string> = {
  '%3A': ':',
  '%2F': '/',
  '%3F': '?',
  '%40': '@',
  '%21': '!',
  '%24': '$',
  '%27': "'",
  '%28': '(',
  '%29': ')',
  '%2A': '*',
  '%2C': ',',
  '%3B': ';',
};

/** Sends signed events of an account's app to the target URL of the app. */
export class HubSpotWebhooks {
  readonly #clock: SandboxClock;
  readonly #specs: readonly HubSpotSpec[];
  #eventId = 100;

  constructor(clock: SandboxClock, specs: readonly HubSpotSpec[]) {
    this.#clock = clock;
    this.#specs = specs;
  }

  /** Events with all their fields, so that they can be delivered more than once. */
  complete(account: string, events: readonly HubSpotEvent[]): Required<HubSpotEvent>[] {
    const { portalId } = this.#spec(account);
    if (events.length > MAX_EVENTS) throw new Error('HubSpot sends up to 100 events at once.');
    return events.map((event) => ({
      eventId: (this.#eventId += 1),
      subscriptionId: 12_345,
      portalId,
      appId: 54_321,
      occurredAt: this.#clock.now(),
      changeSource: 'CRM_UI',
      ...event,
    }));
  }

  /** What would be sent, for those who send it themselves or change it on its way. */
  message(
    account: string,
    url: string,
    events: readonly HubSpotEvent[],
    { attempt = 0, ...options }: SigningOptions = {},
  ): { headers: Record<string, string>; body: string } {
    const body = JSON.stringify(
      this.complete(account, events).map((event) => ({ ...event, attemptNumber: attempt })),
    );
    return { headers: this.sign(account, url, body, options), body };
  }

  /** The headers of a delivery with this body. */
  sign(
    account: string,
    url: string,
    body: string,
    { at = this.#clock.now(), signedUrl = url, secret }: Omit<SigningOptions, 'attempt'> = {},
  ): Record<string, string> {
    const key = secret ?? this.#spec(account).app?.clientSecret ?? '';
    const uri = signedUrl.replaceAll(/%[0-9A-F]{2}/g, (code) => DECODED[code] ?? code);
    return {
      'content-type': 'application/json',
      'x-hubspot-request-timestamp': String(at),
      'x-hubspot-signature-v3': createHmac('sha256', key)
        .update(`POST${uri}${body}${at}`)
        .digest('base64'),
    };
  }

  /**
   * Sends events until they are taken, eleven times at most. @returns the statuses of the attempts,
   * 0 for no answer
   */
  async deliver(account: string, url: string, given: readonly HubSpotEvent[]): Promise<number[]> {
    const events = this.complete(account, given);
    const statuses: number[] = [];
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const message = this.message(account, url, events, { attempt });
      const status = await fetch(url, { method: 'POST', ...message }).then(
        (response) => response.status,
        () => 0,
      );
      statuses.push(status);
      if (status >= 200 && status < 300) break;
      await sleep(PAUSE_MS);
    }
    return statuses;
  }

  #spec(account: string): HubSpotSpec {
    const found = this.#specs.find(({ name }) => name === account);
    if (found === undefined) throw new Error(`There is no account ${account}.`);
    return found;
  }
}
