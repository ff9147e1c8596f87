/**
 * The object's own value of that name; undefined for a name that it only inherits, such as
 * `constructor` or `__proto__`. For every lookup by a name that comes from outside.
 */
export function getOwn<Value>(
  of: Readonly<Partial<Record<string, Value>>>,
  name: string,
): Value | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined;
}
