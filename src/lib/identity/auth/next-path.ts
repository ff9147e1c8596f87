const placeholder = 'http://site.invalid';

/**
 * Where to go after signing in, as asked by `?next=`: a path of this site, else `fallback`.
 * Browsers read `//host`, `/\host` and a path with tabs or line breaks inside as another site, so
 * those are refused before parsing.
 */
export function sanitizeNext(next: string | null | undefined, fallback = '/'): string {
  if (!next || next.length > 2000 || !/^\/(?![/\\])[^\\\p{Cc}]*$/u.test(next)) return fallback;
  const url = URL.parse(next, placeholder);
  if (url === null || url.origin !== placeholder) return fallback;
  const path = url.pathname + url.search + url.hash;
  // Dot segments may normalise into "//host".
  return path.startsWith('//') ? fallback : path;
}

/** `path` with `?next=` when there is somewhere to come back to. */
export function withNext(path: string, next: string): string {
  return next === '/' ? path : `${path}?next=${encodeURIComponent(next)}`;
}
