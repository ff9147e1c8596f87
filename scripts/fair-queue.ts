import type { Load, ShedReason } from '../src/lib/platform/metrics/load.ts';

/** Work that somebody wants to have done. */
export interface Job {
  /** Does it; its place is free when the promise resolves. */
  begin: () => Promise<void>;
  /** Is called instead when it cannot be done; `reason` says why. */
  refuse: (reason: ShedReason) => void;
}

export interface FairQueue {
  /** Begins a client's job, now or when it is the client's turn, or refuses it. */
  add(client: string, job: Job): void;
  load(): Load;
}

/** The share of places that one client may hold at once; the rest is there for others who come. */
const clientShare = 0.75;

/**
 * Runs `concurrency` jobs at once and lets `queueSize` more wait. Clients take turns, whoever came
 * first and however much each of them wants, so that a flood from one delays its own jobs alone.
 * Where the queue is full, the client with the most waiting jobs loses its last one to a client
 * with fewer.
 */
export function createFairQueue(concurrency: number, queueSize: number): FairQueue {
  const perClient = Math.ceil(concurrency * clientShare);
  const active = new Map<string, number>();
  /** In the order of turns: whoever had one comes last. */
  const waiting = new Map<string, Job[]>();
  const load: Load = { active: 0, waiting: 0, shed: { full: 0, displaced: 0 } };

  const countActive = (client: string): number => active.get(client) ?? 0;

  function add(client: string, job: Job): void {
    if (load.active < concurrency && countActive(client) < perClient) return start(client, job);
    if (load.waiting >= queueSize && !displaceFor(client)) return shed(job, 'full');
    const own = waiting.get(client);
    if (own === undefined) waiting.set(client, [job]);
    else own.push(job);
    load.waiting += 1;
  }

  /** Refuses the last job of the client with the most, if `client` has fewer even with one more. */
  function displaceFor(client: string): boolean {
    const [busiest = '', jobs = []] =
      [...waiting].toSorted(([, one], [, other]) => other.length - one.length)[0] ?? [];
    if (jobs.length <= (waiting.get(client)?.length ?? 0) + 1) return false;
    const job = jobs.pop();
    if (job === undefined) return false;
    if (jobs.length === 0) waiting.delete(busiest);
    load.waiting -= 1;
    shed(job, 'displaced');
    return true;
  }

  function shed(job: Job, reason: ShedReason): void {
    load.shed[reason] += 1;
    job.refuse(reason);
  }

  function start(client: string, job: Job): void {
    load.active += 1;
    active.set(client, countActive(client) + 1);
    const end = () => {
      load.active -= 1;
      if (countActive(client) > 1) active.set(client, countActive(client) - 1);
      else active.delete(client);
      startNext();
    };
    job.begin().then(end, end);
  }

  function startNext(): void {
    for (const [client, jobs] of waiting) {
      if (load.active >= concurrency) return;
      if (countActive(client) >= perClient) continue;
      const job = jobs.shift();
      waiting.delete(client);
      if (jobs.length > 0) waiting.set(client, jobs);
      if (job === undefined) continue;
      load.waiting -= 1;
      start(client, job);
    }
  }

  return { add, load: () => load };
}
