/**
 * Freezes Object.prototype and the functions that it holds: all that a lookup on a plain object by
 * a name from outside, such as `__proto__` or `constructor`, can return. A library that mistakes
 * one of them for an entry of its own and writes into it then fails by itself, in the request that
 * asked, instead of changing every object of the process.
 *
 * Each property becomes an accessor first, whose setter gives the assigned object a property of its
 * own. Without that, `object.toString = …` would throw on every object that inherits a frozen
 * `toString`, and libraries do assign it. Node's `--frozen-intrinsics` freezes the rest as well and
 * lacks such setters for most of it; `--disable-proto=delete` leaves `constructor` and the others
 * open.
 *
 * Call it once, when the process starts.
 */
export function freezeObjectPrototype(): void {
  const prototype = Object.prototype;
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (typeof value !== 'function') continue;
    Object.freeze(value);
    Object.defineProperty(prototype, name, {
      ...createOverridable(name, value),
      enumerable: false,
      configurable: false,
    });
  }
  Object.freeze(prototype);
}

/** Reads as `inherited`; an assignment creates an own property, as with a writable one. */
function createOverridable(name: string, inherited: unknown): PropertyDescriptor {
  return {
    get: () => inherited,
    set(this: object, value: unknown) {
      // Throws for Object.prototype itself, which is frozen.
      Object.defineProperty(this, name, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    },
  };
}
