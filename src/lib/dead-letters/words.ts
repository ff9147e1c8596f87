import { providers } from '../providers/registry.ts';

const kinds: Record<string, string> = {
  no_id: 'No id',
  characters: 'Characters that cannot be stored',
  mapping: 'Not as documented',
  failed: 'Failed',
  worker_lost: 'Worker stopped',
  timed_out: 'Took too long',
};

/** The class of a reason, for people: a word of ours, else the field that is to blame. */
export function kindWords(kind: string): string {
  return kinds[kind] ?? `Field “${kind}”`;
}

/** "Sync connection" for `sync-connection`. */
export function jobWords(job: string): string {
  const words = job.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What a stream of a provider is called; its bare name when it is not read any more. */
export function streamWords(provider: string, stream: string): string {
  return providers.find(({ key }) => key === provider)?.streams.find(({ name }) => name === stream)?.label ?? stream;
}
