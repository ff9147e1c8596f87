import { connect } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { registerSecret, safeMessage, safeReason } from '../../src/lib/platform/secrets.ts';

/** What is thrown when nothing listens on any address of a host. */
function refusedConnection(): Promise<unknown> {
  const lookup = (_host: string, _options: object, found: (...args: unknown[]) => void) =>
    found(null, [
      { address: '127.0.0.1', family: 4 },
      { address: '127.0.0.2', family: 4 },
    ]);
  return new Promise((resolve) =>
    connect({ host: 'nowhere.test', port: 1, lookup: lookup as never }).once('error', resolve),
  );
}

describe('the text of an error', () => {
  it('is that of the errors within one that has no message', async () => {
    const error = await refusedConnection();
    expect(error).toMatchObject({ name: 'AggregateError', message: '', code: 'ECONNREFUSED' });
    expect(safeMessage(error)).toBe(
      'connect ECONNREFUSED 127.0.0.1:1; connect ECONNREFUSED 127.0.0.2:1',
    );
    // The queue passes errors on as plain copies, which lose the errors within.
    expect(safeMessage({ ...(error as object), message: '', queue: 'replay' })).toBe(
      'ECONNREFUSED',
    );
  });

  it.each([
    [
      new AggregateError([new Error('one'), new Error('one'), 'two'], 'All failed'),
      'All failed: one; two',
    ],
    [
      new AggregateError(Array.from({ length: 9 }, (_, i) => new Error(`e${i}`))),
      'e0; e1; e2; e3; e4; and 4 more',
    ],
    [new TypeError(''), 'TypeError without a message'],
    [new Error('', { cause: new Error('why') }), 'why'],
    [Object.assign(new Error(''), { code: 'EPIPE' }), 'Error EPIPE'],
    [new Error(String({})), 'Error without a message'],
    [new Error(`Refused: ${String({})}`), 'Refused: (an object)'],
    ['  in words ', 'in words'],
    ['', 'An empty text was thrown.'],
    [undefined, 'No error was given (undefined).'],
    [null, 'No error was given (null).'],
    [42, '42'],
    [{ error: { message: 'within' } }, 'within'],
    [{ code: 'E1', password: 'of a person' }, 'E1'],
    [{ password: 'of a person' }, 'Object without a message'],
    [new Response(null, { status: 502 }), 'Response 502'],
  ])('is never empty: %s', (thrown, text) => {
    expect(safeMessage(thrown)).toBe(text);
    expect(safeReason(thrown)).toBe(text);
  });

  it('is followed by its causes where the log asks for them', () => {
    const error = new Error('The report failed', {
      cause: new TypeError('fetch failed', { cause: new AggregateError([new Error('refused')]) }),
    });
    expect(safeMessage(error)).toBe('The report failed');
    expect(safeReason(error)).toBe('The report failed <- fetch failed <- refused');
    expect(safeReason(new Error('The report failed', { cause: 'for a text' }))).toBe(
      'The report failed <- for a text',
    );
    error.cause = error;
    expect(safeReason(error)).toBe('The report failed');
  });

  it('tells neither statements nor secrets, however deep they are', () => {
    registerSecret('hunter2-hunter2');
    const query = new Error('Failed query: select $1\nparams: a-persons-address', {
      cause: new Error('syntax error near hunter2-hunter2'),
    });
    const told = safeReason(
      new AggregateError([new Error('outer', { cause: new AggregateError([query]) })]),
    );
    expect(told).toBe('outer <- The database rejected a statement: syntax error near [secret]');
  });

  it('can be told of anything', () => {
    const thrown = fc.oneof(
      fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true }),
      fc.anything().map((cause) => new Error('', { cause })),
      fc.array(fc.anything()).map((errors) => new AggregateError(errors)),
      fc.dictionary(fc.constantFrom('message', 'code', 'cause', 'errors', 'name'), fc.anything()),
    );
    fc.assert(
      fc.property(thrown, (value) => {
        for (const text of [safeMessage(value), safeReason(value)]) {
          expect(text.trim()).not.toBe('');
          expect(text).not.toContain('[object ');
        }
      }),
    );
    const proxy = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no');
        },
      },
    );
    expect(safeMessage(proxy)).toBe('Object without a message');
  });
});
