import type { AccountIdentity, AccountSpec, Lookups } from './account.ts';
import { blankRow, KINDS, type Kind, type Row } from './rows.ts';

export interface FixedOptions extends AccountIdentity {
  /** Rows by kind, newest first; fields left out are blank, ids left out are given. */
  rows?: Partial<Record<Kind, Row[]>>;
  lookups?: Partial<Lookups>;
}

/** A still account with the rows that a test writes down. */
export function rowsAccount({ rows = {}, lookups = {}, ...identity }: FixedOptions): AccountSpec {
  return {
    ...identity,
    content: () => ({
      lookups: { salesCycles: [], leadSources: [], actionPlans: [], users: [], ...lookups },
    }),
    populate: (account) => {
      for (const kind of KINDS) {
        for (const row of (rows[kind] ?? []).toReversed())
          account[kind].add({ ...blankRow(kind, account.freshId()), ...row });
      }
    },
  };
}
