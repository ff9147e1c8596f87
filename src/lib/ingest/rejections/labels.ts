import { providers } from '../../connectors/registry.ts';

const kinds: Record<string, string> = {
  no_id: 'No id',
  characters: 'Characters that cannot be stored',
  mapping: 'Other reasons',
  failed: 'Failed',
  worker_lost: 'Worker stopped',
  timed_out: 'Took too long',
  push: 'Could not be written into the CRM',
};

/** The class of a reason, for people: a word of ours, else the field that is to blame. */
export function kindWords(kind: string): string {
  return kinds[kind] ?? `Field “${kind}”`;
}

/** A record by its stream and the source's id of it, if it has one. */
export function recordWords(streamLabel: string, key: string): string {
  return `${streamLabel} ${key.startsWith('digest:') ? 'without an id' : key}`;
}

/** "Sync connection" for `sync-connection`. */
export function jobWords(job: string): string {
  const words = job.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What a stream of a provider is called; its bare name when it is not read any more. */
export function streamWords(provider: string, stream: string): string {
  return (
    providers.find(({ key }) => key === provider)?.streams.find(({ name }) => name === stream)
      ?.label ?? stream
  );
}
