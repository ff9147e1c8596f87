import type { AstroGlobal } from 'astro';
import { isSecureSite } from '#lib/identity/auth/public-url.ts';
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

const toCookieName = (slug: string) => `leads.${slug}`;

/**
 * Restores the last filter when the page is opened without one: returns the address that shows it,
 * or null when the address has a filter itself. Any address with a filter is remembered, whether
 * from a form or from a colleague's link.
 */
function recallFilter(context: Context, slug: string): string | null {
  const { cookies, url } = context;
  if ([...url.searchParams.keys()].some((name) => !transientParams.includes(name))) {
    rememberFilter(context, slug, url.searchParams);
    return null;
  }
  const stored = cookies.get(toCookieName(slug))?.value ?? '';
  if (stored === '' || stored.length > 1_000) return null;
  const params = pickFilter(new URLSearchParams(stored));
  if (params.size === 0) return null;
  for (const [name, value] of url.searchParams) params.set(name, value);
  return `${url.pathname}?${params}`;
}

/** Remembers the filter of an address; an address without one clears it. */
function rememberFilter({ cookies, url }: Context, slug: string, params: URLSearchParams): void {
  const query = pickFilter(params).toString();
  const current = cookies.get(toCookieName(slug))?.value ?? '';
  if (query === current || query.length > 1_000) return;
  const common = {
    path: url.pathname,
    httpOnly: true,
    sameSite: 'lax' as const,
    secure: isSecureSite(),
  };
  if (query === '') cookies.delete(toCookieName(slug), common);
  else cookies.set(toCookieName(slug), query, { ...common, maxAge: maxAgeSeconds });
}

function pickFilter(params: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...params].filter(([name]) => rememberedParams.includes(name)));
}
