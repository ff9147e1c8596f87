/**
 * Runs `work` for each input, at most `limit` at a time, and yields the results in the order in
 * which they arrive. No new work starts after a failure, or while `limit` results wait for the
 * reader. A failure is thrown once the work in progress has ended.
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
