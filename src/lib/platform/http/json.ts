/**
 * Matches a possible number of 16 or more digits, with or without a point among them: only such
 * numbers can be rounded by JSON.parse.
 */
const MAY_HOLD_LONG_NUMBER = /(?:^|[[:,\s-])\d(?:\.?\d){15}/;

/**
 * Parses JSON, keeping numbers that a double cannot hold exact as text: rounded ids would point to
 * other people's records, and rounded amounts would be other amounts. Text without long numbers
 * takes the fast path of JSON.parse. Throws SyntaxError for anything that is not JSON.
 */
export function parseJson(text: string): unknown {
  if (!MAY_HOLD_LONG_NUMBER.test(text)) return JSON.parse(text);
  try {
    return JSON.parse(text, keepLongNumbers);
  } catch (error) {
    if (error instanceof SyntaxError) throw error;
    // Revivers are called recursively, so thousands of nested brackets exhaust the stack.
    throw new SyntaxError('The JSON is nested too deeply', { cause: error });
  }
}

function keepLongNumbers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  if (source === undefined || !/^-?\d+(\.\d+)?$/.test(source)) return value;
  const isExact = !Number.isInteger(value) && String(value) === source.replace(/0+$/, '');
  return isExact ? value : source;
}
