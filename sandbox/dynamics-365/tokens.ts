import { hash32 } from '../kit/random.ts';
import { badQuery, CODES, Refusal } from './errors.ts';

/** Where a list goes on. */
export interface Place {
  page: number;
  /** Sort key of the last row that was shown. */
  after: string[];
  /** For tracked lists: the version up to which they tell. */
  upTo: number | null;
}

const TEXT = 'Version stamp associated with the client has expired. Please perform a full sync.';

/**
 * A cookie in a cookie, encoded twice, as next links carry it. It holds for the very query and the
 * very `Prefer` header that it was made for.
 */
export function skipToken(place: Place, bound: string, tracks: boolean): string {
  const state = Buffer.from(JSON.stringify([place, hash32(bound)])).toString('base64url');
  const inner = `<cookie page="${place.page - 1}"><last value="${state}" /></cookie>`;
  const outer =
    `<cookie pagenumber="${place.page}" ` +
    `pagingcookie="${lower(inner)}" ` +
    `istracking="${tracks ? 'True' : 'False'}" />`;
  return spelled(outer);
}

/**
 * Throws Refusal when a byte of it is not as it was handed out, or the rest of the request is not.
 */
export function readSkipToken(raw: string, bound: string): Place {
  const [, inner, tracking] =
    /^<cookie pagenumber="\d+" pagingcookie="([^"]*)" istracking="(True|False)" \/>$/.exec(
      decoded(raw),
    ) ?? [];
  const state = /value="([\w-]+)"/.exec(decoded(inner ?? ''))?.[1];
  if (state === undefined) throw badQuery('Malformed XML in the Paging Cookie');
  const [place] = JSON.parse(Buffer.from(state, 'base64url').toString()) as [Place];
  if (skipToken(place, bound, tracking === 'True') !== raw)
    throw badQuery('The paging cookie does not belong to this query.');
  return place;
}

/** `919042!08/22/2017 08:10:44`, encoded once in lower case. */
export function deltaToken(version: number, at: number): string {
  const [year, month, day] = new Date(at).toISOString().slice(0, 10).split('-');
  return lower(
    `${version}!${month}/${day}/${year} ${new Date(at).toISOString().slice(11, 19)}`,
  ).replaceAll('!', '%21');
}

/**
 * Throws Refusal for a token that is too old (with the status that the account is to answer) or was
 * never handed out.
 */
export function readDeltaToken(
  raw: string,
  now: number,
  { days, status }: { days: number; status: number },
): number {
  const match = /^(\d+)!(\d{2})\/(\d{2})\/(\d{4}) (\d{2}:\d{2}:\d{2})$/.exec(decoded(raw));
  if (match === null || raw !== lower(decoded(raw)).replaceAll('!', '%21'))
    throw badQuery('The delta token is not valid.');
  const [, version, month, day, year, time] = match;
  if (now - Date.parse(`${year}-${month}-${day}T${time}Z`) > days * 86_400_000)
    throw new Refusal(status, CODES.expired, TEXT);
  return Number(version);
}

const lower = (text: string): string =>
  encodeURIComponent(text).replaceAll(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase());
const spelled = (text: string): string =>
  text.replaceAll(/[%<>" ]/g, (character) => encodeURIComponent(character));

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
