import { NoteBook } from './note-book.ts';
import { ID_FIELD, idText, KINDS, type Kind, type Row } from './rows.ts';
import { RowTable, type LazyRows } from './row-table.ts';

/** How an account answers where the vendor's documents leave room. */
export interface AccountIdentity {
  /** Short name for faults, counters and the control endpoint, e.g. 'summit'. */
  name: string;
  label?: string;
  webKey: string;
  /** Enterprise-level: accounts of one agency share it. */
  accessToken: string;
  /** Field names of notes and activities; default 'plain'. */
  dialect?: 'plain' | 'prefixed';
  /** Custom fields as top-level strings (default) or in `custom_fields`. */
  customFields?: 'flat' | 'nested';
  /** What TotalRecord counts; default 'grand'. */
  totalRecord?: 'grand' | 'page';
  /** Answers 429 once this many requests came within a window; default: never. */
  rateLimit?: { requests: number; windowMs: number };
}

export interface Lookups {
  salesCycles: string[];
  leadSources: string[];
  actionPlans: string[];
  users: { firstName: string; lastName: string; email: string }[];
}

interface AccountContent {
  lookups: Lookups;
  lazy?: Partial<Record<Exclude<Kind, 'notes'>, LazyRows>>;
  buildNotes?: (clientId: string) => Row[];
  /** The id that a client's opportunity has, if there is one: rows do not name their client. */
  findOpportunityId?: (clientId: string) => string;
}

/** An account and where its rows come from; built anew at each start and each full reset. */
export interface AccountSpec extends AccountIdentity {
  content: () => AccountContent;
  /** Puts the first rows in. @returns what moves the account on to `now`, if it lives */
  populate?: (account: ClientTetherAccount) => ((now: number) => void) | void;
}

/** One account's rows, in order, and the lists that give ids to names. */
export class ClientTetherAccount {
  readonly identity: Required<Omit<AccountIdentity, 'rateLimit'>> &
    Pick<AccountIdentity, 'rateLimit'>;
  readonly lookups: Lookups;
  readonly clients: RowTable;
  readonly opportunities: RowTable;
  readonly activities: RowTable;
  readonly events: RowTable;
  readonly notes: NoteBook;
  readonly #advance: ((now: number) => void) | void;
  readonly #findOpportunityId: ((clientId: string) => string) | undefined;
  #lastId = 90_000_000;

  constructor(spec: AccountSpec) {
    this.identity = {
      label: spec.name,
      dialect: 'plain',
      customFields: 'flat',
      totalRecord: 'grand',
      ...pickIdentity(spec),
    };
    const { lookups, lazy = {}, buildNotes, findOpportunityId } = spec.content();
    this.lookups = lookups;
    this.#findOpportunityId = findOpportunityId;
    this.clients = new RowTable(ID_FIELD.clients, { lazy: lazy.clients });
    this.opportunities = new RowTable(ID_FIELD.opportunities, { lazy: lazy.opportunities });
    this.activities = new RowTable(ID_FIELD.activities, {
      sortField: 'scheduled_at',
      lazy: lazy.activities,
    });
    this.events = new RowTable(ID_FIELD.events, { sortField: 'start_date', lazy: lazy.events });
    this.notes = new NoteBook(buildNotes);
    this.#advance = spec.populate?.(this);
  }

  /**
   * Lets the account live until `now` (epoch ms). The result depends on its seed and `now` only,
   * not on the steps taken.
   */
  advance(now: number): void {
    this.#advance?.(now);
  }

  /** An id that the account's own life never uses. */
  freshId(): string {
    return String(++this.#lastId);
  }

  /** True when an opportunity hangs on the client. */
  inUse(clientId: string): boolean {
    const opportunityId = this.#findOpportunityId?.(clientId);
    return opportunityId !== undefined && this.opportunities.get(opportunityId) !== undefined;
  }

  /** All live rows, oldest first. For notes this walks every client: meant for tests. */
  rows(kind: Kind): Row[] {
    if (kind !== 'notes') return this[kind].page(0, Infinity).reverse();
    return this.rows('clients').flatMap((client) =>
      [...this.notes.list(idText(client.client_id))].reverse(),
    );
  }

  truth(kinds: readonly Kind[] = KINDS): Record<string, Row[]> {
    return Object.fromEntries(kinds.map((kind) => [kind, this.rows(kind)]));
  }
}

function pickIdentity({
  name,
  label,
  webKey,
  accessToken,
  dialect,
  customFields,
  totalRecord,
  rateLimit,
}: AccountSpec): AccountIdentity {
  const given = { name, label, webKey, accessToken, dialect, customFields, totalRecord, rateLimit };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as unknown as AccountIdentity;
}
