import type { DeadLettersView } from '#lib/ops/dead-letters/view.ts';

type Group = DeadLettersView['groups'][number];

const filters: { name: string; label: string; key: keyof Group; shown: keyof Group }[] = [
  { name: 'connection', label: 'System', key: 'connectionId', shown: 'source' },
  { name: 'stream', label: 'Kind of record', key: 'stream', shown: 'streamLabel' },
  { name: 'kind', label: 'Reason', key: 'kind', shown: 'kindLabel' },
];

/** The active filters of the failed records: parameter and words. */
export function listRecordFilters(url: URL, groups: Group[]): { name: string; text: string }[] {
  return filters.flatMap(({ name, label, key, shown }) => {
    const value = url.searchParams.get(name);
    if (value === null) return [];
    const group = groups.find((one) => one[key] === value);
    return [{ name, text: `${label}: ${group?.[shown] ?? 'none left'}` }];
  });
}
