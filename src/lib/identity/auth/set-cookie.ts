/** A cookie's name and attributes, as better-auth's context has them. */
export interface CookieShape {
  name: string;
  attributes: {
    httpOnly?: boolean | undefined;
    maxAge?: number | undefined;
    path?: string | undefined;
    sameSite?: string | undefined;
    secure?: boolean | undefined;
  };
}

/**
 * A Set-Cookie line. `value` is encoded like better-auth's own; `maxAge` in seconds takes
 * precedence over the shape's.
 */
export function formatSetCookie(
  { name, attributes: { httpOnly, maxAge, path, sameSite, secure } }: CookieShape,
  value: string,
  ownMaxAge = maxAge,
): string {
  return [
    `${name}=${encodeURIComponent(value)}`,
    ownMaxAge !== undefined && `Max-Age=${Math.floor(ownMaxAge)}`,
    path !== undefined && `Path=${path}`,
    httpOnly === true && 'HttpOnly',
    secure === true && 'Secure',
    sameSite !== undefined && `SameSite=${sameSite[0]?.toUpperCase()}${sameSite.slice(1)}`,
  ]
    .filter(Boolean)
    .join('; ');
}
