/**
 * Matches a possible number of 16 or more digits: only such numbers can be rounded by JSON.parse.
 */
const MAY_HOLD_LONG_NUMBER = /(?:^|[[:,\s-])\d{16}/;

/**
 * Parses JSON, keeping integers beyond 2^53 exact as text, because rounded ids would point to other
 * people's records. Text without long numbers takes the fast path of JSON.parse. Throws SyntaxError
 * for anything that is not JSON.
 */
export function parseJson(text: string): unknown {
  if (!MAY_HOLD_LONG_NUMBER.test(text)) return JSON.parse(text);
  try {
    return JSON.parse(text, keepLongIntegers);
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
    // Revivers are called recursively, so thousands of nested brackets exhaust the stack.
    throw new SyntaxError('The JSON is nested too deeply', { cause: error });
  }
}

function keepLongIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  return source !== undefined && /^-?\d+$/.test(source) ? source : value;
}
