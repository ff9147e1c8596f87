const placeholder = 'http://site.invalid';
/** Longer than any address of this site. */
const maxPathLength = 2000;

/**
 * The path from `?next=` to continue at after signing in, or `fallback` if it is not a path of this
 * site. Browsers treat `//host`, `/\host` and paths with tabs or line breaks as another site, so
 * those are rejected before parsing.
 */
export function sanitizeNext(next: string | null | undefined, fallback = '/'): string {
  if (!next || next.length > maxPathLength || !/^\/(?![/\\])[^\\\p{Cc}]*$/u.test(next))
    return fallback;
  const url = URL.parse(next, placeholder);
  if (url === null || url.origin !== placeholder) return fallback;
  const path = url.pathname + url.search + url.hash;
  // Dot segments may be normalized to "//host".
  return path.startsWith('//') ? fallback : path;
}

/** `path` with `?next=`, unless that is the start page. */
export function withNext(path: string, next: string): string {
  return next === '/' ? path : `${path}?next=${encodeURIComponent(next)}`;
}
