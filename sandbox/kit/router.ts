import type { Route } from './provider.ts';

export interface Match {
  route: Route;
  params: Record<string, string>;
}

/**
 * A parameter is a whole part of the path, or what stands in the brackets after a name, as in
 * OData: `leads(:key)`.
 */
const PART = /^([^:]*):(\w+)(\)?)$/;

/**
 * Finds routes by method and path below a base. Patterns without parameters are looked up in a map,
 * the rest are tried in order.
 */
export class Router {
  readonly #exact = new Map<string, Route>();
  readonly #patterns: { route: Route; parts: string[] }[] = [];

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      if (route.pattern.includes(':'))
        this.#patterns.push({ route, parts: route.pattern.split('/') });
      else this.#exact.set(`${route.method} ${route.pattern}`, route);
    }
  }

  match(method: string, path: string): Match | null {
    const exact = this.#exact.get(`${method} ${path}`);
    if (exact) return { route: exact, params: {} };
    const given = path.split('/');
    for (const { route, parts } of this.#patterns) {
      const params = route.method === method ? matchParams(parts, given) : null;
      if (params) return { route, params };
    }
    return null;
  }
}

/** The name by which counters and faults know a route. */
export function endpointName(route: Route): string {
  return `${route.method} ${route.pattern}`;
}

function matchParams(parts: string[], given: string[]): Record<string, string> | null {
  if (parts.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [i, part] of parts.entries()) {
    const value = given[i] ?? '';
    const [, before = '', name, after = ''] = PART.exec(part) ?? [];
    if (
      name === undefined
        ? part !== value
        : !value.startsWith(before) ||
          !value.endsWith(after) ||
          value.length < before.length + after.length
    )
      return null;
    if (name !== undefined)
      params[name] = decode(value.slice(before.length, value.length - after.length));
  }
  return params;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
