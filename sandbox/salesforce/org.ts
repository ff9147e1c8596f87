import type { SandboxClock } from '../kit/clock.ts';
import type { Reply } from '../kit/provider.ts';
import { Catalogue } from './catalogue.ts';
import type { Plan } from './evaluate.ts';
import { Refusal } from './errors.ts';
import { idFrom } from './ids.ts';
import { Life } from './life.ts';
import { buildSchema, type ObjectName } from './objects.ts';
import type { SalesforceSpec } from './spec.ts';
import { Store, type Row } from './store.ts';

const DAY = 86_400_000;
const DEFAULT_QUOTA = 15_000;

/** A list that is handed out page by page, to the login that asked for it. */
export interface Locator {
  plan: Plan;
  rows: readonly Row[];
  token: string;
  madeAt: number;
  pageRows: number;
}

export interface QueryJob {
  id: string;
  plan: Plan;
  operation: 'query' | 'queryAll';
  rows: readonly Row[];
  createdAt: number;
  looks: number;
}

/** An organisation: its records, which live by seed and time, and what its user may do with them. */
export class Org {
  readonly spec: SalesforceSpec;
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly id: string;
  readonly userId: string;
  readonly locators = new Map<string, Locator>();
  readonly jobs = new Map<string, QueryJob>();
  /** Of the request under way, such as v60.0. */
  version = '';
  readonly #clock: SandboxClock;
  readonly #life: Life;
  #requests: number[] = [];
  #serial = 0;

  constructor(spec: SalesforceSpec, clock: SandboxClock) {
    this.spec = spec;
    this.#clock = clock;
    const schema = buildSchema(spec);
    this.store = new Store(schema);
    this.catalogue = new Catalogue(schema, spec);
    this.id = idFrom('Organization', spec.seed);
    this.userId = idFrom('User', spec.seed, 'integration');
    this.#life = new Life(this.store, spec, { org: this.id, user: this.userId });
  }

  /** Lets happen what is due. To be called before anything is read. */
  live(): void {
    this.#life.until(this.now());
  }

  now(): number {
    return this.#clock.now();
  }

  freshId(object: ObjectName): string {
    this.#serial += 1;
    return idFrom(object, this.spec.seed, 'made', this.#serial);
  }

  /** Counts a request. Throws Refusal (403) when the organisation or application has no more. */
  admit(): void {
    this.#requests = this.#requests.filter((at) => at > this.now() - DAY);
    const { quota = DEFAULT_QUOTA, appQuota = Number.POSITIVE_INFINITY } = this.spec;
    if (this.#requests.length >= Math.min(quota, appQuota))
      throw new Refusal(403, 'REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.');
    this.#requests.push(this.now());
  }

  /** Uses up requests, as another application does. */
  useUp(count: number): void {
    this.#requests.push(...Array.from({ length: count }, () => this.now()));
  }

  /** Every response tells how many requests were sent in 24 hours. */
  withLimits(reply: Reply): Reply {
    const { quota = DEFAULT_QUOTA, appQuota } = this.spec;
    const used = this.#requests.length;
    const app =
      appQuota === undefined
        ? ''
        : `; per-app-api-usage=${used}/${appQuota}(appName=sample-connected-app)`;
    return {
      ...reply,
      headers: {
        date: new Date(this.now()).toUTCString(),
        'sforce-limit-info': `api-usage=${used}/${quota}${app}`,
        ...reply.headers,
      },
    };
  }
}
