import { z } from 'zod';
import { ControlError } from '../kit/provider.ts';
import type { TokenClient } from '../kit/oauth.ts';
import type { ListQuirks } from './list.ts';
import { formatEtag, instant, referralAt, type Referral } from './life.ts';

/** A partner whose referrals are read. */
export interface PartnerSpec extends Omit<TokenClient, 'account'> {
  name: string;
  label: string;
  clientId: string;
  clientSecret: string;
  refreshToken: string;
  seed: string;
  /** How many referrals there are at `countedOn`; they keep coming at the same pace. */
  referrals: number;
  /** Epoch milliseconds. A constant, so that restarts give the same rows. */
  countedOn: number;
  historyDays?: number;
  /** Rows of a page. Default 100, the documented size. */
  pageSize?: number;
  quirks?: ListQuirks;
}

const row = z.record(z.string(), z.unknown());
const mutation = z.object({
  changes: z.array(
    z.discriminatedUnion('op', [
      z.object({ op: z.literal('add'), row }),
      z.object({ op: z.literal('update'), id: z.string(), row }),
    ]),
  ),
});
const poisons = {
  nul: { name: 'a\u0000b' },
  bad_date: { createdDateTime: '2026-13-45T00:00:00Z' },
  overflow_number: { details: { dealValue: '99999999999999999', currency: 'USD' } },
  missing_id: { id: '' },
} as const;
const poisoning = z.object({
  poison: z.enum(['nul', 'bad_date', 'overflow_number', 'missing_id']),
  count: z.number().int().positive().default(1),
});

/** One partner's referrals: a function of seed and time, and of what tests did to them. */
export class PartnerAccount {
  readonly spec: PartnerSpec;
  readonly #changed = new Map<string, Record<string, unknown>>();
  readonly #added: Referral[] = [];

  constructor(spec: PartnerSpec) {
    this.spec = spec;
  }

  /** All referrals as they are at `now`, oldest first. */
  rows(now: number): Referral[] {
    const { seed, referrals, countedOn, historyDays = 180 } = this.spec;
    const span = historyDays * 86_400_000;
    const pace = span / Math.max(referrals, 1);
    const count = referrals === 0 ? 0 : Math.max(Math.floor((now - (countedOn - span)) / pace), 0);
    const living = Array.from({ length: count }, (_, index) =>
      referralAt(seed, index, Math.round(countedOn - span + index * pace), now),
    );
    return [...living, ...this.#added].map(
      (referral) => ({ ...referral, ...this.#changed.get(referral.id) }) as Referral,
    );
  }

  /**
   * Applies changes as if people had made them now. @throws ControlError (404) when there is no
   * such referral
   */
  mutate(body: unknown, now: number): { ids: string[] } {
    return {
      ids: mutation
        .parse(body)
        .changes.map((change) =>
          change.op === 'add'
            ? this.#add(change.row, now)
            : this.#update(change.id, change.row, now),
        ),
    };
  }

  /** Changes fields of one referral as its API does. */
  write(id: string, fields: Record<string, unknown>, now: number): void {
    this.#update(id, fields, now);
  }

  /** Breaks the newest referrals in one way. @returns their ids */
  poison(body: unknown, now: number): { ids: string[] } {
    const { poison, count } = poisoning.parse(body);
    return {
      ids: this.rows(now)
        .slice(-count)
        .map(({ id }) => this.#update(id, poisons[poison], now)),
    };
  }

  #add(given: Record<string, unknown>, now: number): string {
    const id = typeof given.id === 'string' ? given.id : `added-${this.#added.length + 1}`;
    this.#added.push({
      ...referralAt(this.spec.seed, 1_000_000 + this.#added.length, now, now),
      ...given,
      id,
    });
    return id;
  }

  #update(id: string, given: Record<string, unknown>, now: number): string {
    if (!this.rows(now).some((referral) => referral.id === id))
      throw new ControlError(`no referral ${id}`, 404);
    this.#changed.set(id, {
      ...this.#changed.get(id),
      updatedDateTime: instant(now),
      eTag: formatEtag(id, now),
      ...given,
    });
    return id;
  }
}
