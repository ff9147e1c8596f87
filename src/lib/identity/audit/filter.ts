import { mask } from '../../platform/mask.ts';

/** What belongs to one look at a list and does not select its rows. */
const transientNames = ['cursor', 'limit', 'offset', 'view', 'done', 'lead', 'tenant'];
/** Fields in which people type whom they look for. */
const searchNames = ['search', 'q', 'person', 'text'];

/**
 * The filter of a list's address for an event: which rows somebody took or acted on. Typed text is
 * reduced to its first character, because it names people, and the log outlives them. Pure.
 */
export function toAuditFilter(params: URLSearchParams): Record<string, unknown> {
  return Object.fromEntries(
    [...params]
      .filter(([name, value]) => !transientNames.includes(name) && value !== '')
      .map(([name, value]) => [name, mask(value, searchNames.includes(name))]),
  );
}
