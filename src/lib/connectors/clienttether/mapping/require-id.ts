import { RecordRejected } from '../../contract/source.ts';

/**
 * The trimmed id. Throws RecordRejected when it is blank, because a record without an id could
 * never be matched with its item again.
 */
export function requireId(id: string | null, what: string, whose = 'own'): string {
  const text = id?.trim() ?? '';
  if (text === '')
    throw new RecordRejected(
      `The ${what} arrived without ${whose === 'own' ? 'an id' : `the id of its ${whose}`}.`,
    );
  return text;
}
