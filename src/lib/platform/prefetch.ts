/**
 * Reads one item ahead: the next page is on its way while the one before is being stored. What was
 * read ahead when the reader stops is dropped; it will be read again.
 */
export async function* prefetch<Item>(source: AsyncIterable<Item>): AsyncGenerator<Item> {
  const iterator = source[Symbol.asyncIterator]();
  let next = suppressUnhandled(iterator.next());
  try {
    for (;;) {
      const result = await next;
      if (result.done === true) return;
      next = suppressUnhandled(iterator.next());
      yield result.value;
    }
  } finally {
    await iterator.return?.();
  }
}

/**
 * Keeps a rejection that nobody waits for yet from counting as unhandled; it is still thrown where
 * it is awaited.
 */
function suppressUnhandled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
