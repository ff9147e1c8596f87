import { getOwn } from '../../platform/own.ts';

const kinds: Record<string, string> = {
  failed: 'Failed',
  worker_lost: 'Worker stopped',
  timed_out: 'Took too long',
  push: 'Could not be written to the CRM',
};

/** The label of a failure kind; the kind itself when a later version introduced it. */
export function formatFailureKind(kind: string): string {
  return getOwn(kinds, kind) ?? kind;
}

/** "Sync connection" for `sync-connection`. */
export function formatJobLabel(job: string): string {
  const text = job.replaceAll('-', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
