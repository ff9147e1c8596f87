import type { JobName, JobPayload } from '../jobs.ts';

/** Parts of a payload that say for whom, why and from where on a job runs, not what it works on. */
const excludedFields = [
  'tenantId',
  'trigger',
  'requestedBy',
  'acceptDeletions',
  'after',
  'handedOver',
];

/**
 * What a job works on, in one line: the connection's id for a sync. Two jobs with one subject do
 * the same work.
 */
export function toSubject(payload: JobPayload<JobName>): string {
  const parts = Object.entries(payload).filter(
    ([name, value]) => !excludedFields.includes(name) && value !== null && value !== undefined,
  );
  return parts
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([, value]) => (typeof value === 'string' ? value : JSON.stringify(value)))
    .join('/');
}
