import { RemoteError } from '../../platform/http/errors.ts';
import type { Page } from '../contract/source.ts';
import { parseFeed } from './body.ts';
import type { SalesforceObject } from './describe.ts';
import { normalizeId } from './ids.ts';
import { toCursor, type Position } from './position.ts';
import { buildUrl, send, type Context } from './request.ts';

/** The feed refuses a span of up to a minute; whole minutes count, so this is one more. */
const SHORTEST_SPAN_MS = 2 * 60_000;

/**
 * Reads which records were deleted since the last pass over changes. Lists show deleted records
 * only while they are in the recycle bin, so what was deleted for good, or taken out of the bin
 * since, is only in this feed. It is read before the list, because the list shows the later state:
 * a record that was deleted and brought back is in both.
 *
 * The feed reaches back 15 days at most and may be refused for shorter spans, when its log was
 * purged. It only adds to the list of deleted rows and to the complete passes, so a refusal is not
 * a failure: the next complete pass finds what the feed could not tell. Source:
 * https://developer.salesforce.com/docs/platform/api-rest/guide/resources-getdeleted.md
 */
export async function readDeletions(
  object: SalesforceObject,
  context: Context,
  position: Position,
): Promise<{ page: Page | null; next: Position }> {
  const start = position.deletionsFrom;
  const unread = { page: null, next: position };
  if (start === null || context.now.getTime() - Date.parse(start) < SHORTEST_SPAN_MS) return unread;
  const response = await requestFeed(object, context, start);
  if (response === undefined) return { page: null, next: { ...position, deletionsFrom: null } };
  const { deletedRecords, latestDateCovered } = parseFeed(response.body);
  const next = { ...position, deletionsFrom: chooseNextStart(start, latestDateCovered) };
  const deleted = (deletedRecords ?? []).map(({ id }) => normalizeId(id));
  if (deleted.length === 0) return { page: null, next };
  return {
    page: { response, items: [], deleted, cursor: toCursor(next), last: false },
    next,
  };
}

async function requestFeed(object: SalesforceObject, context: Context, start: string) {
  try {
    return await send(context, {
      url: buildUrl(context.settings, `sobjects/${object.name}/deleted/`),
      query: { start: formatInstant(start), end: formatInstant(context.now.toISOString()) },
    });
  } catch (error) {
    const isRefusal = error instanceof RemoteError && (error.status ?? 0) >= 400;
    const isTemporary =
      error instanceof RemoteError && ['auth', 'rate_limited', 'transient'].includes(error.kind);
    if (!isRefusal || isTemporary) throw error;
    return undefined;
  }
}

/** As in the documentation, which shows an offset and no fraction of a second. */
const formatInstant = (iso: string): string =>
  `${new Date(iso).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}+00:00`;

/**
 * `latestDateCovered` is where the next span begins, so that deletions that were under way are not
 * missed. It never moves back.
 */
function chooseNextStart(start: string, covered: string | null | undefined): string {
  const at = Date.parse((covered ?? '').replace(/([+-]\d{2})(\d{2})$/, '$1:$2'));
  return Number.isNaN(at) || at <= Date.parse(start) ? start : new Date(at).toISOString();
}
