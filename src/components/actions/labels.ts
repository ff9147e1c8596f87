import type { ActionOutcome } from '#lib/views/actions.ts';

interface Label {
  tone: 'good' | 'warn' | 'bad' | 'neutral';
  label: string;
}

/** How each outcome is shown. */
export const outcomeLabels: Record<ActionOutcome['outcome'], Label> = {
  sent: { tone: 'neutral', label: 'Being sent' },
  waiting: { tone: 'warn', label: 'Waiting' },
  done: { tone: 'good', label: 'Done' },
  conflict: { tone: 'warn', label: 'Changed there' },
  withdrawn: { tone: 'neutral', label: 'Taken back' },
  refused: { tone: 'bad', label: 'Refused' },
  failed: { tone: 'bad', label: 'Failed' },
  unknown: { tone: 'bad', label: 'Unknown, check there' },
};
