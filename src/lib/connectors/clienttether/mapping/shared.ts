import { RecordRejected } from '../../contract/source.ts';
import type { ClientTetherSettings } from '../settings.ts';
import { parseChoice, parseLabel } from '../values.ts';
import { getOwn } from '../../../platform/own.ts';

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

/**
 * The label of a lead source: the alias from the settings if there is one, otherwise its own label.
 * Null when none was chosen.
 */
export function toSourceLabel(
  source: string | null,
  { sourceAliases }: Pick<ClientTetherSettings, 'sourceAliases'>,
): string | null {
  const key = parseChoice(source)?.toLowerCase();
  return (key === undefined ? undefined : getOwn(sourceAliases, key)) ?? parseLabel(source);
}
