import type { AstroGlobal } from 'astro';
import { isSecureSite, toCookieName } from '#lib/identity/auth/public-url.ts';
import { cleanAddress } from '../components/ui/url.ts';
import { leadFilterNames } from '#lib/entities/lead/filter.ts';

type Context = Pick<AstroGlobal, 'cookies' | 'url'>;

/**
 * Returns the address to redirect the Leads page to, or null when it can be shown as it is: an
 * address with empty parameters is cleaned, and one without any filter gets the last filter back.
 */
export function findListAddress(
  context: Context & Pick<AstroGlobal, 'request'>,
  slug: string,
): string | null {
  const { request, url } = context;
  const clean = cleanAddress(url);
  if (clean === null) return request.method === 'POST' ? null : recallFilter(context, slug);
  rememberFilter(context, slug, new URL(clean, url).searchParams);
  return clean;
}

const maxAgeSeconds = 180 * 24 * 60 * 60;
/**
 * The parameters that are remembered: filter and order, but neither the period nor the position.
 */
const rememberedParams = [...leadFilterNames, 'q', 'sort', 'direction'];
/** Parameters that do not belong to the filter. */
const transientParams = ['cursor', 'done', 'lead'];

/** One cookie for all workspaces, because its name over TLS demands the path `/`. */
const getCookieName = () => toCookieName('leads');
/** The most characters that the cookie may add to each request, as they are sent. */
const maxCookieLength = 3_000;

/** The last filters by the slug of their workspace, the newest first. */
function readFilters({ cookies }: Context): Map<string, string> {
  return new Map(new URLSearchParams(cookies.get(getCookieName())?.value ?? ''));
}

/** Keeps as many of the filters as there is room for. */
function writeFilters({ cookies }: Context, filters: Map<string, string>): void {
  let kept = [...filters];
  const toText = () => new URLSearchParams(kept).toString();
  while (encodeURIComponent(toText()).length > maxCookieLength) kept = kept.slice(0, -1);
  const attributes = {
    path: '/',
    httpOnly: true,
    sameSite: 'lax' as const,
    secure: isSecureSite(),
  };
  if (kept.length === 0) cookies.delete(getCookieName(), attributes);
  else cookies.set(getCookieName(), toText(), { ...attributes, maxAge: maxAgeSeconds });
}

/**
 * Restores the last filter when the page is opened without one: returns the address that shows it,
 * or null when the address has a filter itself. Any address with a filter is remembered, whether
 * from a form or from a colleague's link.
 */
function recallFilter(context: Context, slug: string): string | null {
  const { url } = context;
  if ([...url.searchParams.keys()].some((name) => !transientParams.includes(name))) {
    rememberFilter(context, slug, url.searchParams);
    return null;
  }
  const stored = readFilters(context).get(slug) ?? '';
  if (stored === '' || stored.length > 1_000) return null;
  const params = pickFilter(new URLSearchParams(stored));
  if (params.size === 0) return null;
  for (const [name, value] of url.searchParams) params.set(name, value);
  return `${url.pathname}?${params}`;
}

/** Remembers the filter of an address; an address without one clears it. */
function rememberFilter(context: Context, slug: string, params: URLSearchParams): void {
  const query = pickFilter(params).toString();
  const filters = readFilters(context);
  if (query === (filters.get(slug) ?? '') || query.length > 1_000) return;
  filters.delete(slug);
  const newest: [string, string][] = query === '' ? [] : [[slug, query]];
  writeFilters(context, new Map([...newest, ...filters]));
}

function pickFilter(params: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...params].filter(([name]) => rememberedParams.includes(name)));
}
