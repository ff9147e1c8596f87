import type { DynamicsChange } from '../../sandbox/index.ts';

export const DAY = 86_400_000;

/** A lead that a person has entered. */
export function lead(row: Extract<DynamicsChange, { op: 'add' }>['row']): DynamicsChange {
  return { op: 'add', kind: 'lead', row: { subject: 'Topic', lastname: 'Entered', ...row } };
}
