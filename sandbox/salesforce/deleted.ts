import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import { Refusal } from './errors.ts';
import { toShort } from './ids.ts';
import type { Org } from './org.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
/** The feed reaches back so far. */
const MOST_DAYS = 15;
/** What was deleted within the last minute may not be in the feed yet. */
const LAG_MS = MINUTE;

const badDate = (message: string) => new Refusal(400, 'INVALID_REPLICATION_DATE', message);

/** GET sobjects/{object}/deleted/?start=&end=: which records were deleted in a span. */
export function listDeleted(org: Org, request: SandboxRequest): Reply {
  const object = org.catalogue.object(request.params.object ?? '');
  const isReplicated = object.fields.some(({ name }) => name === 'IsDeleted');
  if (!isReplicated || org.spec.unreplicated?.includes(object.name) === true)
    throw new Refusal(400, 'INVALID_TYPE', `object type ${object.name} is not replicable`);
  const start = readInstant(request, 'start');
  const end = readInstant(request, 'end');
  if (end - start < MINUTE)
    throw badDate('startDate has to be more than one minute before endDate');
  if (start < floor(org.now() - MOST_DAYS * DAY))
    throw badDate(`startDate cannot be more than ${MOST_DAYS} days ago`);
  const covered = Math.min(end, floor(org.now() - LAG_MS));
  const records = org.store.deletions(object.name).filter(({ at }) => at >= start && at < end);
  return json({
    deletedRecords: records.map(({ id, at }) => ({
      id: org.spec.shortIds === true ? toShort(id) : id,
      deletedDate: format(at),
    })),
    earliestDateAvailable: format(org.now() - MOST_DAYS * DAY),
    latestDateCovered: format(covered),
  });
}

const format = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}.000+0000`;
/** Seconds are ignored. */
const floor = (at: number): number => Math.floor(at / MINUTE) * MINUTE;

/** ISO 8601 with an offset, which a URL must escape: a plus would be a blank. */
function readInstant({ query }: SandboxRequest, name: string): number {
  const given = query.get(name) ?? '';
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/.test(given))
    throw badDate(`${name} is not a date: ${given}`);
  return floor(Date.parse(given));
}
