import { getOwn } from '#lib/platform/own.ts';

/** The URL is the state of a page: links change parts of it and keep the rest. */

/**
 * What belongs to one look at a page: a position in a list, what a form did before the page was
 * shown, and a lead that is open over the list.
 */
const transientParams = ['cursor', 'offset', 'done', 'lead'];

type Changes = Record<string, string | null | undefined>;

/**
 * The address of this page with some parameters changed; null takes one away. A position in a list
 * is dropped unless it is what changes, because it means nothing in another list.
 */
export const linkTo = (url: URL, changes: Changes, hash = ''): string => {
  const params = new URLSearchParams(url.searchParams);
  for (const name of transientParams) params.delete(name);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined) params.delete(name);
    else params.set(name, value);
  }
  const query = params.toString();
  return `${url.pathname}${query && `?${query}`}${hash}`;
};

/** The parameters that say which period a page shows: a link to another page takes them along. */
const periodNames = ['period', 'from', 'to', 'compare'];

/** The address of another page of the workspace for the same period. */
export const linkAcross = (url: URL, path: string, changes: Changes = {}, hash = ''): string => {
  const target = new URL(path, url);
  for (const name of periodNames) {
    const value = url.searchParams.get(name);
    if (value) target.searchParams.set(name, value);
  }
  return linkTo(target, changes, hash);
};

/** Parameters that a GET form must repeat so that sending it keeps them. */
export const listKeptParams = (url: URL, except: string[]): [string, string][] =>
  [...url.searchParams].filter(
    ([name]) => !transientParams.includes(name) && !except.includes(name),
  );

/**
 * What a form sends for "all": an empty value already means "not known" for the parameters below.
 */
export const all = '*';

/** Parameters for which an empty value asks for rows where the source says nothing. */
const mayBeEmpty = ['source', 'market'];

/** What a page shows when its address says nothing. */
const defaults: Record<string, string> = { period: 'all', compare: 'none', filters: 'none' };

/**
 * The address without what a form sends though nothing was chosen; null when there is nothing to
 * take away. Pages redirect to it, so that the same view has one address, with script or without.
 */
export function cleanAddress(url: URL): string | null {
  const params = new URLSearchParams(url.searchParams);
  for (const [name, value] of url.searchParams) {
    if (
      value === all ||
      value === getOwn(defaults, name) ||
      (value.trim() === '' && !mayBeEmpty.includes(name))
    )
      params.delete(name);
  }
  if (params.size === url.searchParams.size) return null;
  const query = params.toString();
  return `${url.pathname}${query && `?${query}`}`;
}
