import type { ObjectName } from './objects.ts';

/** One organisation of Salesforce, and the application that may enter it. */
export interface SalesforceSpec {
  name: string;
  label: string;
  /** Consumer key and secret. */
  clientId: string;
  clientSecret: string;
  seed: string;
  /** How many leads there are at `countedOn`; they keep coming at the same pace. */
  leads: number;
  /** Epoch milliseconds. A constant, so that restarts give the same rows. */
  countedOn: number;
  historyDays?: number;
  /** Objects that the customer has defined. Default: none. */
  defined?: readonly ObjectName[];
  /** Objects that the user may not see. */
  hiddenObjects?: readonly ObjectName[];
  /** Fields that the user may not read: `Lead.Description`. */
  hidden?: readonly string[];
  /** Fields that descriptions list and that queries refuse all the same. */
  refused?: readonly string[];
  /** Rows have a currency of their own. */
  currencies?: boolean;
  /** Ids of lookups and of the feed of deletions are of the short kind. */
  shortIds?: boolean;
  /** Requests in 24 hours, of all applications. Default 15,000. */
  quota?: number;
  /** Requests in 24 hours that this application may send; absent: no quota of its own. */
  appQuota?: number;
  /** The most rows of a page, however many were asked for. Default 2,000. */
  pageRows?: number;
  /** How long locators hold, in hours. Unconfirmed. Default 48. */
  locatorHours?: number;
  /** Objects whose deletions the feed does not tell. */
  unreplicated?: readonly ObjectName[];
  /** Objects that take too long to be sorted, so that queries for more than 200 rows time out. */
  slow?: readonly ObjectName[];
  /** The user may sign in and must not use the API, as with high-assurance logins. */
  blocked?: boolean;
  jobs?: JobRules;
  /** Whether leads have the fields that pushes fill. Default true. */
  customFields?: boolean;
  /** Fields of text that the customer has added besides, by object. */
  custom?: Readonly<Partial<Record<ObjectName, readonly string[]>>>;
  /** What a rule does about a second lead of the same e-mail address. Default: there is none. */
  duplicateRule?: 'alert' | 'block';
  /** The user may read and not write. */
  readOnly?: boolean;
}

/** How jobs of Bulk API 2.0 behave. */
interface JobRules {
  /** Looks at a job before it is complete. Default 2. */
  looks?: number;
  /** Jobs in 24 hours. Default 10,000. */
  daily?: number;
  /** Whether the user may use the Bulk API. Default true. */
  allowed?: boolean;
  /** Every job ends so. Default 'JobComplete'. */
  ends?: 'JobComplete' | 'Failed' | 'Aborted';
}
