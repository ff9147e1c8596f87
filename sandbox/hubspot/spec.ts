import type { TypeName } from './types.ts';

/** What a private app may be allowed to read. */
export type Scope =
  | `crm.objects.${TypeName | 'owners' | 'custom'}.read`
  | 'crm.schemas.custom.read'
  | `crm.schemas.${TypeName}.read`
  | `crm.objects.${WritableType}.write`;

/** Types whose objects an app may be allowed to change; notes and tasks come with contacts. */
export type WritableType = 'contacts' | 'deals' | 'leads';

/** Limits as documented for the smallest accounts with a paid plan, unless told otherwise. */
export interface LimitRules {
  /** Requests in any ten seconds. Default 190. */
  burst?: number;
  /** Searches in any second, of all applications together. Default 5. */
  searches?: number;
  /** Requests in a day. Default 625,000. */
  daily?: number;
  /** Unconfirmed: whether and how a 429 says when to come back. Default 'none'. */
  retryAfter?: 'none' | 'seconds' | 'milliseconds';
}

/** One account of HubSpot, and the private app that reads it. */
export interface HubSpotSpec {
  name: string;
  label: string;
  token: string;
  /** A public app that people sign in with. */
  app?: { clientId: string; clientSecret: string };
  /** Each refresh token is good once and comes with its successor. Default false. */
  rotates?: boolean;
  portalId: number;
  seed: string;
  /**
   * How many contacts there are at `countedOn`; they keep coming at the same pace, and so does all
   * that follows from them.
   */
  contacts: number;
  /** Epoch milliseconds. A constant, so that restarts give the same rows. */
  countedOn: number;
  historyDays?: number;
  /** Scopes that the app lacks. */
  denied?: readonly Scope[];
  /** Types of objects that the account has defined itself. Default: none. */
  defined?: readonly TypeName[];
  /** Types of objects that the account does not have. Default: none. */
  without?: readonly TypeName[];
  /** With which status a type that there is not is refused; both have been seen. Default 400. */
  unknownTypeStatus?: 400 | 404;
  /** Properties that the account has added, by type. */
  custom?: Partial<Record<TypeName, readonly string[]>>;
  /** Those of them whose values are unique, by type. */
  unique?: Partial<Record<TypeName, readonly string[]>>;
  /**
   * Properties that a type does not have are refused (400) where they are to be shown. HubSpot
   * documents for lists that it leaves them out, and says nothing of batches. Default false.
   */
  refusesUnknown?: boolean;
  /** A second pipeline of deals with stages of the same names. Default false. */
  hasSecondPipeline?: boolean;
  /** How long a change takes to be found by searches, in milliseconds. Default 0. */
  searchDelayMs?: number;
  /** Results of a search come slightly out of order. Default false. */
  shuffles?: boolean;
  /** Searches also find what changed so long before the time asked for. Default 0. */
  slackMs?: number;
  /** Fields of the documented answers that are optional are left out. Default false. */
  sparse?: boolean;
  /** Associations that a list shows with a row, at most; the rest is behind a link. Default 100. */
  inlineLinks?: number;
  limits?: LimitRules;
}
