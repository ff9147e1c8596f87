/**
 * Reads ahead while the reader is busy, and yields everything that has arrived since: one item when
 * the source is the slower one, up to `maxWeight` when the reader is. What was read ahead when the
 * reader stops is dropped; it will be read again. An error of the source is thrown after the items
 * before it.
 */
export async function* batchByWeight<Item>(
  source: AsyncIterable<Item>,
  weight: (item: Item) => number,
  maxWeight: number,
): AsyncGenerator<Item[]> {
  const iterator = source[Symbol.asyncIterator]();
  const batcher = new Batcher(iterator, weight, maxWeight);
  const reading = batcher.run();
  try {
    for (let items = await batcher.nextBatch(); items.length > 0; items = await batcher.nextBatch())
      yield items;
    await reading;
  } finally {
    batcher.stop();
    await iterator.return?.();
  }
}

class Batcher<Item> {
  readonly #iterator: AsyncIterator<Item>;
  readonly #weight: (item: Item) => number;
  readonly #maxWeight: number;
  #items: Item[] = [];
  #totalWeight = 0;
  #isDone = false;
  #stateChanged = Promise.withResolvers<void>();

  constructor(iterator: AsyncIterator<Item>, weight: (item: Item) => number, maxWeight: number) {
    this.#iterator = iterator;
    this.#weight = weight;
    this.#maxWeight = maxWeight;
  }

  /** Rejects when the source fails. */
  run(): Promise<void> {
    const running = this.#read().finally(() => this.stop());
    // Nothing awaits it before the items are taken; the error is still thrown where it is awaited.
    running.catch(() => {});
    return running;
  }

  async #read(): Promise<void> {
    while (!this.#isDone) {
      const next = await this.#iterator.next();
      if (next.done === true) return;
      this.#items.push(next.value);
      this.#totalWeight += this.#weight(next.value);
      this.#notify();
      while (this.#totalWeight >= this.#maxWeight && !this.#isDone)
        await this.#stateChanged.promise;
    }
  }

  /** Everything that has arrived, at least one item; empty when the source has ended. */
  async nextBatch(): Promise<Item[]> {
    while (this.#items.length === 0 && !this.#isDone) await this.#stateChanged.promise;
    const items = this.#items;
    this.#items = [];
    this.#totalWeight = 0;
    this.#notify();
    return items;
  }

  stop(): void {
    this.#isDone = true;
    this.#notify();
  }

  #notify(): void {
    this.#stateChanged.resolve();
    this.#stateChanged = Promise.withResolvers();
  }
}
