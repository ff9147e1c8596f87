/**
 * Reads ahead while the reader is busy, and hands over everything that has arrived since: one item
 * when the source is the slower one, up to `most` by weight when the reader is. What was read ahead
 * when the reader stops is dropped; it will be read again. A failure of the source comes after the
 * items before it.
 */
export async function* gathered<Item>(
  source: AsyncIterable<Item>,
  weight: (item: Item) => number,
  most: number,
): AsyncGenerator<Item[]> {
  const iterator = source[Symbol.asyncIterator]();
  const pump = new Pump(iterator, weight, most);
  const pumping = pump.run();
  try {
    for (let items = await pump.take(); items.length > 0; items = await pump.take()) yield items;
    await pumping;
  } finally {
    pump.stop();
    await iterator.return?.();
  }
}

class Pump<Item> {
  readonly #iterator: AsyncIterator<Item>;
  readonly #weight: (item: Item) => number;
  readonly #most: number;
  #items: Item[] = [];
  #load = 0;
  #isOver = false;
  #turn = Promise.withResolvers<void>();

  constructor(iterator: AsyncIterator<Item>, weight: (item: Item) => number, most: number) {
    this.#iterator = iterator;
    this.#weight = weight;
    this.#most = most;
  }

  /** Rejects when the source fails. */
  run(): Promise<void> {
    const running = this.#read().finally(() => this.stop());
    // Nobody waits for it before the items are taken; it is still thrown where it is awaited.
    running.catch(() => {});
    return running;
  }

  async #read(): Promise<void> {
    while (!this.#isOver) {
      const next = await this.#iterator.next();
      if (next.done === true) return;
      this.#items.push(next.value);
      this.#load += this.#weight(next.value);
      this.#wake();
      while (this.#load >= this.#most && !this.#isOver) await this.#turn.promise;
    }
  }

  /** All that has arrived, at least one item; none when there are no more. */
  async take(): Promise<Item[]> {
    while (this.#items.length === 0 && !this.#isOver) await this.#turn.promise;
    const items = this.#items;
    this.#items = [];
    this.#load = 0;
    this.#wake();
    return items;
  }

  stop(): void {
    this.#isOver = true;
    this.#wake();
  }

  #wake(): void {
    this.#turn.resolve();
    this.#turn = Promise.withResolvers();
  }
}
