import type { JobName, JobPayload } from '../jobs.ts';

/** Fields of a payload about the owner, the reason and the progress of a job, not its subject. */
const excludedFields = [
  'tenantId',
  'trigger',
  'requestedBy',
  'acceptDeletions',
  'after',
  'handedOver',
];

/**
 * What a job works on, in one line, such as the id of the connection for a sync. Jobs with the same
 * subject do the same work.
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
