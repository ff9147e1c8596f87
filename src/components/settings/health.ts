import type { ConnectionView } from '#lib/connections/manage.ts';
import { dateTime } from '../ui/format.ts';

/** A connection's state in a word, and what there is to say about it. */
export interface HealthLabel {
  tone: 'good' | 'warn' | 'bad' | 'neutral';
  word: string;
  text: string | null;
}

/** The first that applies wins: what a person must act on comes before what passes by itself. */
export function describeHealth(
  { status, statusReason, health }: Pick<ConnectionView, 'status' | 'statusReason' | 'health'>,
  timeZone: string,
  now: Date,
): HealthLabel {
  if (status === 'needs_reconnect')
    return { tone: 'bad', word: 'Needs new credentials', text: statusReason };
  if (status === 'paused') return { tone: 'neutral', word: 'Paused', text: statusReason };
  const at = (when: Date) => dateTime(when, timeZone);
  const { circuit, pausedUntil, waiting } = health;
  if (circuit !== null) {
    return {
      tone: 'warn',
      word: 'Not responding',
      text: [
        `No response since ${at(circuit.since)}; ${formatNextTry(circuit, now, at)}.`,
        circuit.reason,
      ].join(' '),
    };
  }
  if (pausedUntil !== null)
    return {
      tone: 'warn',
      word: 'Waiting',
      text: `Waiting until ${at(pausedUntil)} because the source asked us to slow down.`,
    };
  if (waiting !== null)
    return {
      tone: 'warn',
      word: 'Waiting',
      text: `${waiting.reason} The next sync starts at ${at(waiting.until)}.`,
    };
  return { tone: 'good', word: 'Active', text: statusReason };
}

function formatNextTry(
  { state, probeAt }: NonNullable<ConnectionView['health']['circuit']>,
  now: Date,
  at: (when: Date) => string,
): string {
  if (probeAt <= now) return 'the next sync will try again';
  return state === 'half_open' ? 'retrying now' : `next try at ${at(probeAt)}`;
}
