/**
 * Does `work` on each input, at most `limit` at once, and yields results as they come, in any
 * order. No new work starts while the reader is busy with `limit` results outstanding, nor after a
 * failure; work under way is waited for before the failure passes on.
 */
export async function* mapConcurrently<Input, Output>(
  inputs: Iterable<Input>,
  limit: number,
  work: (input: Input) => Promise<Output>,
): AsyncGenerator<Output> {
  const running = new Map<number, Promise<{ key: number; output: Output }>>();
  const next = async () => {
    const { key, output } = await Promise.race(running.values());
    running.delete(key);
    return output;
  };
  let count = 0;
  try {
    for (const input of inputs) {
      if (running.size >= Math.max(1, limit)) yield await next();
      const key = (count += 1);
      running.set(
        key,
        work(input).then((output) => ({ key, output })),
      );
    }
    while (running.size > 0) yield await next();
  } finally {
    await Promise.allSettled(running.values());
  }
}
