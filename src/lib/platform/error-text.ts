/** How many causes, and how many errors within an error, a text names. */
const maxCauses = 5;
const maxInner = 5;
/**
 * How deep it looks into nested errors for a message; errors may contain each other in a circle.
 */
const maxDepth = 5;
/** What String() makes of an object, also within a message that was put together from one. */
const stringified = /\[object \w+\]/g;

/**
 * The message of anything thrown, without its causes. Never empty: an error without a message gets
 * one from the errors within it (AggregateError), its code, its cause or its name. Of an object
 * that is no error only a few fields are used, because the others may contain secrets or personal
 * data. A failed query has its SQL with all values as its message, so its cause is used instead.
 */
export function toErrorText(thrown: unknown): string {
  return tell(thrown, new Set());
}

/**
 * The message of anything thrown, followed by its causes: "first <- its cause <- the cause of
 * that". A cause that adds nothing is left out.
 */
export function toCauseText(thrown: unknown): string {
  return tellWithCauses(thrown, new Set());
}

function tellWithCauses(thrown: unknown, seen: Set<unknown>): string {
  let text = tell(thrown, new Set(seen));
  let at = read(thrown, 'cause');
  for (let depth = 0; depth < maxCauses && at !== undefined && at !== null; depth += 1) {
    const words = tell(at, new Set(seen));
    if (!text.includes(words)) text += ` <- ${words}`;
    at = read(at, 'cause');
  }
  return text;
}

/** `seen` holds the errors that `thrown` is part of; it becomes one of them. */
function tell(thrown: unknown, seen: Set<unknown>): string {
  if (typeof thrown === 'string') return toWords(thrown) ?? 'An empty text was thrown.';
  if (thrown === undefined || thrown === null) return `No error was given (${String(thrown)}).`;
  if (typeof thrown === 'function') return `A function was thrown (${thrown.name}).`;
  if (typeof thrown !== 'object') return String(thrown);
  if (seen.has(thrown) || seen.size >= maxDepth) return 'The rest is left out.';
  seen.add(thrown);
  const message = readText(thrown, 'message');
  if (message?.startsWith('Failed query:'))
    return `The database rejected a statement: ${tellCause(thrown, seen) ?? 'unknown reason'}`;
  const inner = tellInner(thrown, seen);
  if (message !== undefined) return inner === '' ? message : `${message}: ${inner}`;
  return inner || tellWithoutMessage(thrown, seen);
}

/** The different texts of the errors that an AggregateError holds. */
function tellInner(thrown: object, seen: Set<unknown>): string {
  const errors = read(thrown, 'errors');
  if (!Array.isArray(errors)) return '';
  const texts = [
    ...new Set(
      errors.slice(0, maxInner).map((inner: unknown) => tellWithCauses(inner, new Set(seen))),
    ),
  ];
  if (errors.length > maxInner) texts.push(`and ${errors.length - maxInner} more`);
  return texts.join('; ');
}

function tellWithoutMessage(thrown: object, seen: Set<unknown>): string {
  const name = read(thrown, 'constructor') === Object ? undefined : readName(thrown);
  const facts = ['code', 'status']
    .map((field) => readText(thrown, field))
    .filter((fact) => fact !== undefined);
  if (facts.length > 0) return [name, ...facts].filter(Boolean).join(' ');
  const kind = `${name ?? 'Object'} without a message`;
  return tellCause(thrown, seen) ?? kind;
}

const readName = (thrown: object): string | undefined =>
  readText(thrown, 'name') ?? readText(read(thrown, 'constructor'), 'name');

/** The message of an error's cause, or of the error that an object such as an event carries. */
function tellCause(thrown: object, seen: Set<unknown>): string | undefined {
  for (const field of ['cause', 'error', 'reason']) {
    const cause = read(thrown, field);
    if (cause !== undefined && cause !== null && cause !== '') return tell(cause, seen);
  }
  return undefined;
}

/** A text or number that is not blank, else undefined. */
function readText(from: unknown, field: string): string | undefined {
  const value = read(from, field);
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? toWords(value) : undefined;
}

/** A text that is not blank, else undefined. */
function toWords(text: string): string | undefined {
  return text.replaceAll(stringified, ' ').trim() === ''
    ? undefined
    : text.replaceAll(stringified, '(an object)').trim();
}

/** A field of anything. A getter that throws counts as absent. */
function read(from: unknown, field: string): unknown {
  if ((typeof from !== 'object' && typeof from !== 'function') || from === null) return undefined;
  try {
    return Reflect.get(from, field);
  } catch {
    return undefined;
  }
}
