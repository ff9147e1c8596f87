import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import type { Referral } from './life.ts';

const FILTER = /^updatedDateTime (ge|gt) (\d{4}-\d{2}-\d{2}T[\d:.]+Z)$/;
const ORDER = /^(createdDateTime|updatedDateTime)(?: (asc|desc))?$/;

interface Query {
  filter: string | null;
  order: string;
  offset: number;
}

/** What no document confirms or rules out about the list. */
export interface ListQuirks {
  /** A filter by time is taken and matches nothing. */
  filterFindsNothing?: boolean;
  refusesOrder?: boolean;
  refusesTop?: boolean;
  /** Default: as documented. `opaque` has a token that must come back letter by letter. */
  nextLink?: 'documented' | 'relative' | 'opaque';
}

/**
 * The list. `$top` ends it, as in OData; without, the next link is as documented: http://, without
 * /engagements, and with everything that was asked inside its token.
 */
export function list(
  rows: Referral[],
  request: SandboxRequest,
  { pageSize, trapUrl, quirks }: { pageSize: number; trapUrl: string; quirks: ListQuirks },
): Reply {
  const query = parseQuery(request.query);
  const match = FILTER.exec(query?.filter ?? '');
  const order = query === undefined ? null : ORDER.exec(query.order);
  if (query === undefined || order === null || (query.filter !== null && match === null))
    return failure(400, 'invalidRequest', 'The query is not understood.');
  if (
    (quirks.refusesOrder === true && request.query.has('$orderby')) ||
    (quirks.refusesTop === true && request.query.has('$top'))
  )
    return failure(400, 'invalidRequest', 'The query is not understood.');
  const found = sortReferrals(
    (quirks.filterFindsNothing === true && match !== null ? [] : rows).filter(
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
  const token = encodeToken({ ...query, offset: next });
  const link = more ? { '@odata.nextLink': formatNextLink(quirks.nextLink, trapUrl, token) } : {};
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
    // The router's parameters have blanks where plus signs were sent, as with any form.
    return JSON.parse(Buffer.from(token.replace(/^a b /, ''), 'base64').toString()) as Query;
  } catch {
    return undefined;
  }
}

/** Base64 with its signs escaped in small letters, as in the documented link. */
function encodeToken(query: Query): string {
  return Buffer.from(JSON.stringify(query))
    .toString('base64')
    .replaceAll(/[+/=]/g, (sign) => encodeURIComponent(sign).toLowerCase());
}

/** `opaque` leaves a plus sign as it is, which a parser of forms takes for a blank. */
function formatNextLink(style: ListQuirks['nextLink'], trapUrl: string, token: string): string {
  if (style === 'opaque') return `${trapUrl}?$count=true&$skiptoken=a+b+${token}`;
  return style === 'relative' ? `referrals?$skiptoken=${token}` : `${trapUrl}?$skiptoken=${token}`;
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
