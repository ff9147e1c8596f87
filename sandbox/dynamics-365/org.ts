import type { SandboxClock } from '../kit/clock.ts';
import { guidFrom } from '../kit/random.ts';
import { CODES, Refusal } from './errors.ts';
import { Life } from './life.ts';
import type { DynamicsSpec, Privilege } from './spec.ts';
import { Store } from './store.ts';
import { buildSchema, CUSTOM_TABLES, type Table, type TableName } from './tables.ts';
import { Throttle } from './throttle.ts';

/** An environment: its rows, which live by seed and time, and what may be done with them. */
export class Org {
  readonly spec: DynamicsSpec;
  readonly store: Store;
  readonly throttle: Throttle;
  /** As in links to rows: without the path of the Web API. */
  root = '';
  readonly userId: string;
  readonly organizationId: string;
  readonly #dropped = new Set<TableName>();
  readonly #clock: SandboxClock;
  readonly #life: Life;
  #serial = 0;

  constructor(spec: DynamicsSpec, clock: SandboxClock) {
    this.spec = spec;
    this.#clock = clock;
    this.store = new Store(
      buildSchema({
        without: spec.without ?? [],
        hidden: spec.hidden ?? [],
        requires: spec.requires ?? {},
        custom: spec.custom ?? {},
        alternateKeys: (spec.alternateKeys ?? true) && (spec.keyStatus ?? 'Active') === 'Active',
      }),
    );
    this.throttle = new Throttle(clock, spec.limits);
    this.userId = guidFrom(spec.seed, 'application user');
    this.organizationId = guidFrom(spec.seed, 'organization');
    this.#life = new Life(this.store, spec);
  }

  /** The tables that the environment has. */
  tables(): Table[] {
    return Object.values(this.store.schema).filter(
      ({ name }) =>
        !this.#dropped.has(name) &&
        (!CUSTOM_TABLES.includes(name) || this.spec.defined?.includes(name) === true),
    );
  }

  /** The customer gives a table up. */
  drop(name: TableName): void {
    this.#dropped.add(name);
  }

  /** Lets happen what is due. To be called before anything is read or written. */
  live(): void {
    this.#life.until(this.now());
  }

  now(): number {
    return this.#clock.now();
  }

  freshId(): string {
    this.#serial += 1;
    return guidFrom(this.spec.seed, 'made', this.#serial, this.store.version);
  }

  get trackingRules(): { days: number; status: number } {
    return { days: this.spec.trackingDays ?? 7, status: this.spec.expiredStatus ?? 400 };
  }

  /** Throws Refusal when the application's role lacks a privilege. */
  need(privilege: Privilege): void {
    if (this.spec.denied?.includes(privilege) !== true) return;
    throw this.#lacks(privilege);
  }

  /** Throws Refusal when changes of a table cannot be followed by this application. */
  refuseTracking(table: TableName): void {
    if (this.spec.untracked?.includes(table) === true)
      throw new Refusal(
        400,
        CODES.untracked,
        `Entity: ${table} isn't enabled for change tracking.`,
      );
    if (this.spec.readsOrganisation === false)
      throw this.#lacks(`read:${table}`, ' with Organization depth');
  }

  /** How many rows of a table were made, by the value of a column; through the API only. */
  createdBy(table: TableName, column: string): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { row, ...made } of this.store.created) {
      if (made.table !== table || made.via !== 'api') continue;
      const value = String(row[column] ?? '').toLowerCase();
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    return counts;
  }

  #lacks(privilege: Privilege, depth = ''): Refusal {
    const [verb = '', table = ''] = privilege.split(':');
    const name = `prv${capitalize(verb)}${capitalize(table)}`;
    return new Refusal(
      403,
      CODES.privilege,
      `Principal user (Id=${this.userId}, type=8) is missing ${name} privilege${depth}`,
    );
  }
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
