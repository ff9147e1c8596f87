import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFairQueue, type FairQueue } from '../../scripts/fair-queue.ts';

/** A queue with a record of what it did, and with jobs that end when they are told to. */
function observe(concurrency: number, queueSize: number) {
  const queue: FairQueue = createFairQueue(concurrency, queueSize);
  const begun: string[] = [];
  const refused: string[] = [];
  const running: { client: string; end: () => void }[] = [];
  return {
    queue,
    begun,
    refused,
    running,
    add(client: string) {
      queue.add(client, {
        begin: () => {
          begun.push(client);
          return new Promise((resolve) => running.push({ client, end: resolve }));
        },
        refuse: () => refused.push(client),
      });
    },
    async end(index = 0) {
      running.splice(index, 1)[0]?.end();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const count = (of: { client: string }[], client: string): number =>
  of.filter((one) => one.client === client).length;

describe('the queue of requests', () => {
  it('gives somebody new the next turn, however many of another wait', async () => {
    const { add, end, begun } = observe(4, 64);
    for (let each = 0; each < 60; each += 1) add('flood');
    expect(begun, 'a place is kept free').toEqual(['flood', 'flood', 'flood']);
    add('one');
    expect(begun.at(-1)).toBe('one');
    add('two');
    add('three');
    await end();
    await end();
    await end();
    expect(begun.slice(4).toSorted()).toEqual(['flood', 'three', 'two']);
  });

  it('lets the one who floods make room for others, never the others for the one', () => {
    const { add, refused, queue } = observe(1, 4);
    for (let each = 0; each < 6; each += 1) add('flood');
    expect(refused).toEqual(['flood']);
    for (const client of ['one', 'two', 'three']) add(client);
    expect(refused).toEqual(['flood', 'flood', 'flood', 'flood']);
    for (let each = 0; each < 9; each += 1) add('flood');
    expect(refused.filter((client) => client !== 'flood')).toEqual([]);
    expect(queue.load()).toEqual({ active: 1, waiting: 4, shed: { full: 10, displaced: 3 } });
  });

  it('goes on when a job fails', async () => {
    const queue = createFairQueue(1, 4);
    const done: number[] = [];
    const job = (number: number) => ({
      begin: () => {
        done.push(number);
        return Promise.reject(new Error('It failed'));
      },
      refuse: () => {},
    });
    queue.add('a', job(1));
    queue.add('a', job(2));
    await expect.poll(() => done).toEqual([1, 2]);
    expect(queue.load()).toMatchObject({ active: 0, waiting: 0 });
  });

  it('loses no job and keeps its limits, whatever arrives', async () => {
    const steps = fc.array(
      fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom('a', 'a', 'a', 'b', 'c') },
        { weight: 2, arbitrary: fc.nat(20) },
      ),
      { maxLength: 200 },
    );
    await fc.assert(
      fc.asyncProperty(
        steps,
        fc.integer({ min: 1, max: 6 }),
        fc.nat(8),
        async (all, places, room) => {
          const { add, end, begun, refused, running, queue } = observe(places, room);
          let asked = 0;
          for (const step of all) {
            if (typeof step === 'string') {
              add(step);
              asked += 1;
            } else if (running.length > 0) await end(step % running.length);
            const { active, waiting } = queue.load();
            expect(active).toBe(running.length);
            expect(active).toBeLessThanOrEqual(places);
            expect(waiting).toBeLessThanOrEqual(room);
            for (const client of ['a', 'b', 'c'])
              expect(count(running, client)).toBeLessThanOrEqual(Math.ceil(places * 0.75));
            expect(begun.length + refused.length + waiting).toBe(asked);
          }
          let turns = 0;
          while (queue.load().active > 0) {
            await end();
            expect((turns += 1)).toBeLessThanOrEqual(asked);
          }
          expect(begun.length + refused.length).toBe(asked);
        },
      ),
      { numRuns: 200 },
    );
  });
});
