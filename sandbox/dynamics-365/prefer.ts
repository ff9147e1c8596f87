import type { IncomingHttpHeaders } from 'node:http';

export interface Preferences {
  /** The header as it came: pages of one list must all come with the same one. */
  text: string;
  pageSize: number;
  tracks: boolean;
  representation: boolean;
  /** Labels of options, names of lookups, amounts and dates as people read them. */
  formatted: boolean;
  /** The tables that lookups point to. */
  targets: boolean;
  /** What the response names in `Preference-Applied`. */
  applied: string;
}

const LARGEST_PAGE = 5_000;
export const FORMATTED = 'OData.Community.Display.V1.FormattedValue';
export const TARGET = 'Microsoft.Dynamics.CRM.lookuplogicalname';

/** Several preferences come in one header, with commas between them and inside of their quotes. */
export function parsePreferences(headers: IncomingHttpHeaders): Preferences {
  const text = [headers.prefer ?? []].flat().join(',');
  const given = new Map(
    [...text.matchAll(/([\w.-]+)(?:=("[^"]*"|[^,;\s]*))?/g)].map(([, name = '', value = '']) => [
      name.toLowerCase(),
      value.replaceAll('"', ''),
    ]),
  );
  const annotations = (given.get('odata.include-annotations') ?? '')
    .split(',')
    .map((name) => name.trim());
  const asked = Number(given.get('odata.maxpagesize') ?? LARGEST_PAGE);
  const known = [
    'odata.maxpagesize',
    'odata.include-annotations',
    'odata.track-changes',
    'return',
  ].filter((name) => given.has(name));
  return {
    text,
    pageSize: Number.isInteger(asked) && asked > 0 ? Math.min(asked, LARGEST_PAGE) : LARGEST_PAGE,
    tracks: given.has('odata.track-changes'),
    representation: given.get('return') === 'representation',
    formatted: annotations.some((name) => ['*', FORMATTED].includes(name)),
    targets: annotations.some((name) => ['*', TARGET].includes(name)),
    applied: known
      .map((name) =>
        given.get(name) === ''
          ? name
          : name === 'odata.include-annotations'
            ? `${name}="${given.get(name)}"`
            : `${name}=${given.get(name)}`,
      )
      .join(', '),
  };
}
