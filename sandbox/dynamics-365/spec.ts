import type { Column } from './columns.ts';
import type { TableName } from './tables.ts';
import type { ThrottleRules } from './throttle.ts';

export type Privilege = `${'read' | 'create' | 'write' | 'delete'}:${TableName}`;

/** One environment of Dynamics 365 Sales and the application that may enter it. */
export interface DynamicsSpec {
  name: string;
  label: string;
  /** The directory that gives out tokens. */
  tenant: string;
  clientId: string;
  clientSecret: string;
  seed: string;
  /**
   * How many leads there are at `countedOn`; they keep coming at the same pace, and so does all
   * that follows from them.
   */
  leads: number;
  /** Epoch milliseconds. A constant, so that restarts give the same rows. */
  countedOn: number;
  historyDays?: number;
  /** Tables that the customer has defined. Default: none. */
  defined?: readonly TableName[];
  /** Columns that the customer's solution lacks. */
  without?: readonly string[];
  /** Columns that the customer has added, by table. */
  custom?: Readonly<Partial<Record<TableName, readonly Column[]>>>;
  /** Columns that this environment requires in a way of its own. */
  requires?: Readonly<Record<string, Column['required']>>;
  /**
   * Unconfirmed: whether the Web API refuses rows without columns that are business required, as
   * forms do. Default false.
   */
  enforcesBusinessRequired?: boolean;
  /** Columns that metadata lists as any other and that lists refuse all the same. */
  hidden?: readonly string[];
  /** Default true. */
  alternateKeys?: boolean;
  /** Only active ones may be used in addresses. Default 'Active'. */
  keyStatus?: 'Active' | 'Pending' | 'Failed';
  /** Tables without change tracking. */
  untracked?: readonly TableName[];
  /**
   * Whether the application reads the whole organisation, which change tracking asks for. Default
   * true.
   */
  readsOrganisation?: boolean;
  /** What the application's role lacks. */
  denied?: readonly Privilege[];
  /**
   * Whether tracked lists end with a delta link: always, or never when annotations are requested,
   * as reported of version 8.2. Default 'always'.
   */
  deltaLinks?: 'always' | 'unannotated';
  /**
   * What follows a delta link when nothing has changed: a list of no rows with the next delta link,
   * or `{}`, which the documentation calls an empty JSON response. Default 'list'.
   */
  quietDelta?: 'list' | 'empty';
  /** How long delta links hold, in days. Default 7. */
  trackingDays?: number;
  /** Unconfirmed: what is answered to a delta link that is too old. Default 400. */
  expiredStatus?: number;
  /**
   * How a taken alternate key is refused; both have been seen, with 412. Default '0x80040237'.
   */
  keyConflictCode?: '0x80040237' | '0x80060892';
  /** Unconfirmed: documented as 412 on one page and shown as 500 on another. Default 412. */
  duplicateStatus?: 412 | 500;
  /** Columns of leads whose equal values duplicate detection finds. Default: the e-mail address. */
  duplicateColumns?: readonly string[];
  limits?: ThrottleRules;
}
