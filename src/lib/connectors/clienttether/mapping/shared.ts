import { RecordRejected } from '../../contract/source.ts';
import type { ClientTetherSettings } from '../settings.ts';
import { parseChoice, parseLabel } from '../values.ts';

/**
 * The id, which every record needs: without one it could never be found again. Throws
 * RecordRejected.
 */
export function requireId(id: string | null, what: string, whose = 'own'): string {
  const text = id?.trim() ?? '';
  if (text === '')
    throw new RecordRejected(
      `The ${what} came without ${whose === 'own' ? 'an id' : `the id of its ${whose}`}.`,
    );
  return text;
}

/**
 * The label under which a lead source counts: the connection's alias for it, else its own. Null
 * when none was chosen.
 */
export function toSourceLabel(
  source: string | null,
  { sourceAliases }: Pick<ClientTetherSettings, 'sourceAliases'>,
): string | null {
  const key = parseChoice(source)?.toLowerCase();
  return (
    (key !== undefined && Object.hasOwn(sourceAliases, key) ? sourceAliases[key] : undefined) ??
    parseLabel(source)
  );
}
