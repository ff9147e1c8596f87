import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import type { Referral } from './life.ts';

const FILTER = /^updatedDateTime (ge|gt) (\d{4}-\d{2}-\d{2}T[\d:.]+Z)$/;
const ORDER = /^(createdDateTime|updatedDateTime)(?: (asc|desc))?$/;

interface Query {
  filter: string | null;
  order: string;
  offset: number;
}

/**
 * The list. `$top` ends it, as in OData; without, the next link is as documented: http://, without
 * /engagements, and with everything that was asked inside its token.
 */
export function list(
  rows: Referral[],
  request: SandboxRequest,
  { pageSize, trapUrl }: { pageSize: number; trapUrl: string },
): Reply {
  const query = parseQuery(request.query);
  const match = FILTER.exec(query?.filter ?? '');
  const order = query === undefined ? null : ORDER.exec(query.order);
  if (query === undefined || order === null || (query.filter !== null && match === null))
    return failure(400, 'invalidRequest', 'The query is not understood.');
  const found = sortReferrals(
    rows.filter(
      (row) => match === null || isAfter(row.updatedDateTime, match[2] ?? '', match[1] === 'ge'),
    ),
    order[1] ?? '',
    order[2] === 'desc',
  );
  const top = Number(request.query.get('$top') ?? Number.POSITIVE_INFINITY);
  const value = request.endless
    ? found.slice(0, pageSize)
    : found.slice(query.offset, query.offset + Math.min(pageSize, top));
  const next = query.offset + pageSize;
  const more = request.endless || (next < found.length && !request.query.has('$top'));
  const link = more
    ? { '@odata.nextLink': `${trapUrl}?$skiptoken=${encodeToken({ ...query, offset: next })}` }
    : {};
  return json({
    '@odata.context': 'http://api.partner.microsoft.com/v1.0/$metadata#Referrals',
    '@odata.count': value.length,
    value: value.map(withoutTag),
    ...link,
  });
}

/** Both documented lists show no eTag; only a referral that is asked for alone has one. */
function withoutTag({ eTag: _tag, ...referral }: Referral) {
  return referral;
}

export function failure(status: number, code: string, message: string): Reply {
  return json(
    { error: { code, message, target: 'referral', innerError: { code: 'sandbox', message } } },
    status,
  );
}

function parseQuery(params: URLSearchParams): Query | undefined {
  const token = params.get('$skiptoken');
  if (token === null)
    return {
      filter: params.get('$filter'),
      order: params.get('$orderby') ?? 'createdDateTime desc',
      offset: 0,
    };
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString()) as Query;
  } catch {
    return undefined;
  }
}

function encodeToken(query: Query): string {
  return Buffer.from(JSON.stringify(query)).toString('base64url');
}

function isAfter(changed: string, since: string, orEqual: boolean): boolean {
  const distance = Date.parse(changed) - Date.parse(since);
  return orEqual ? distance >= 0 : distance > 0;
}

function sortReferrals(rows: Referral[], field: string, descending: boolean): Referral[] {
  const key = (row: Referral) => `${String(row[field])}/${row.id}`;
  const ascending = rows.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
  return descending ? ascending.reverse() : ascending;
}
