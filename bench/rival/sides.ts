import type { BenchDatabase } from '../kit/cluster.ts';
import type { Account } from './account.ts';

/** Those who read the same account: we, two packages that do it for a living, and a plain loop. */
export const sides = ['ours', 'supabase', 'stripe', 'byHand'] as const;
export type Side = (typeof sides)[number];

/** What a side's process is asked for. */
export interface SideJob {
  databaseUrl: string;
  account: Account;
  /** Only creates its tables. */
  migrate?: boolean;
}

export interface SideResult {
  ms: number;
  records: number;
  /** User and system time of the process meanwhile, in milliseconds. */
  cpuMs: number;
}

interface Setup {
  label: string;
  entry: string;
  /** Where it keeps customers. */
  table: string;
  /** What an account leaves behind; all tables of tenants where it is left out. */
  tables?: string;
  connectsAs: keyof Pick<BenchDatabase, 'appUrl' | 'superuserUrl'>;
}

export const setups: Record<Side, Setup> = {
  ours: {
    label: 'ours',
    entry: 'bench/rival/ours.ts',
    table: 'leads',
    connectsAs: 'appUrl',
  },
  supabase: {
    label: '@supabase/stripe-sync-engine 0.48.5',
    entry: 'bench/rival/supabase.ts',
    table: 'stripe.customers',
    tables: 'stripe.customers',
    connectsAs: 'superuserUrl',
  },
  stripe: {
    label: '@stripe/sync-engine 1.0.32',
    entry: 'bench/rival/stripe.ts',
    table: 'stripe.customers',
    tables: 'stripe.customers, stripe.accounts, stripe._sync_runs, stripe._sync_obj_runs',
    connectsAs: 'superuserUrl',
  },
  byHand: {
    label: 'hand-written loop',
    entry: 'bench/rival/by-hand.ts',
    table: 'by_hand.leads',
    tables: 'by_hand.leads',
    connectsAs: 'superuserUrl',
  },
};

/** Times `work`, which gives how many records it has read. */
export async function measured(work: () => Promise<number>): Promise<SideResult> {
  const [startedAt, cpu] = [performance.now(), process.cpuUsage()];
  const records = await work();
  const { user, system } = process.cpuUsage(cpu);
  return { ms: performance.now() - startedAt, records, cpuMs: (user + system) / 1000 };
}

/** What a job that only creates tables answers. */
export const nothing: SideResult = { ms: 0, records: 0, cpuMs: 0 };
