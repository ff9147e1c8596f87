/** The result of one push. `retried`: this attempt failed and another one is planned. */
export type PushOutcome = (
  | { kind: 'synced' | 'unchanged' | 'conflict' | 'failed' | 'retried' | 'fenced' }
  | { kind: 'postponed'; until: Date }
) & {
  /** Why the CRM refuses the credentials, if it does. */
  needsReconnect?: string;
};
