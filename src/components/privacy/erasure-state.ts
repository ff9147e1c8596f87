import type { Erasure } from '#lib/privacy/erasure/receipts.ts';

const labels = { waiting: 'Waiting', running: 'Under way', done: 'Done' } as const;

/** How the state of an erasure is shown. */
export function stateOf({ state, liftedAt }: Pick<Erasure, 'state' | 'liftedAt'>): {
  tone: 'good' | 'warn' | 'neutral';
  label: string;
} {
  if (liftedAt !== null) return { tone: 'neutral', label: 'Let in again' };
  return { tone: state === 'done' ? 'good' : 'warn', label: labels[state] };
}
