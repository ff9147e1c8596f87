/**
 * A number of 16 digits or more that may stand outside a string: the only kind that JSON.parse can
 * round.
 */
const MAY_HOLD_LONG_NUMBER = /(?:^|[[:,\s-])\d{16}/;

/**
 * JSON.parse that keeps integers beyond 2^53 exact, as text: rounded ids would point at other
 * people's records. Text without long numbers takes the built-in's fast path. Throws SyntaxError
 * for anything that is not JSON.
 */
export function parseJson(text: string): unknown {
  if (!MAY_HOLD_LONG_NUMBER.test(text)) return JSON.parse(text);
  try {
    return JSON.parse(text, keepLongIntegers);
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
    // The reviver recurses, so thousands of nested brackets exhaust the stack.
    throw new SyntaxError('The JSON is nested too deeply', { cause: error });
  }
}

function keepLongIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d+$/.test(source) ? source : value;
}
