/**
 * As Promise.all, but when one fails it waits for the others before it throws, so that none goes on
 * with a transaction or a client that its caller has closed.
 */
export async function settleAll<Results extends readonly unknown[]>(
  promises: readonly [...{ [Place in keyof Results]: Promise<Results[Place]> }],
): Promise<Results> {
  await Promise.allSettled(promises);
  return Promise.all(promises) as unknown as Promise<Results>;
}
