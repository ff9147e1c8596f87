import { parseLinks, type Linked, type Row } from './answers.ts';
import type { About, LinkType } from './item.ts';
import { isRefusedRequest, unlessRefused } from './lookups.ts';
import { compareIds } from './order.ts';
import { paths, post, type Access } from './request.ts';

/** Ids that a row is associated with, by type. */
export type Links = NonNullable<About['links']>;

/**
 * The types of the associations with the primary company of a contact or deal. Unconfirmed for
 * leads: their primary contact; where the label says so, it counts as well.
 */
const PRIMARY_TYPES = [1, 5, 578];
const PRIMARY_NAMES = ['contact_to_company', 'deal_to_company'];

/** The ids by which types are known, in case that a list names them so. */
const TYPE_IDS: Record<LinkType, string> = {
  contacts: '0-1',
  companies: '0-2',
  deals: '0-3',
  leads: '0-136',
};

/** Associations that a list shows with a row; undefined when it does not show all of them. */
export function readInlineLinks(row: Row, types: readonly LinkType[]): Links | undefined {
  const associations = row.associations ?? {};
  const links: Links = {};
  for (const type of types) {
    const list = associations[type] ?? associations[TYPE_IDS[type]];
    if (list?.paging !== undefined && list.paging !== null) return undefined;
    const found = (list?.results ?? []).map(({ id, type: name }) => ({
      id,
      isPrimary: PRIMARY_NAMES.includes(name),
    }));
    if (found.length > 0) links[type] = sortIds(found);
  }
  return links;
}

/** Requests the associations of many rows with one type. None where that may not be read. */
export async function fetchLinks(
  access: Access,
  from: string,
  to: LinkType,
  ids: readonly string[],
): Promise<Map<string, string[]>> {
  const path = `${paths.associations}/${from}/${to}/batch/read`;
  const inputs = ids.map((id) => ({ id }));
  const read = async () => parseLinks((await post(access, path, { inputs })).body);
  const all = await unlessRefused<Linked[]>([], read, isRefusedRequest);
  return new Map(
    all.map((each) => [
      each.from.id,
      sortIds(
        each.to.map(({ toObjectId: id, associationTypes: kinds }) => ({
          id,
          isPrimary: kinds.some(
            ({ typeId, label }) =>
              /^primary/i.test(label ?? '') || PRIMARY_TYPES.includes(typeId ?? 0),
          ),
        })),
      ),
    ]),
  );
}

/** The primary ones first, and otherwise in an order that is the same for lists and searches. */
function sortIds(found: readonly { id: string; isPrimary: boolean }[]): string[] {
  const sorted = found.toSorted(
    (one, other) => Number(other.isPrimary) - Number(one.isPrimary) || compareIds(one.id, other.id),
  );
  return [...new Set(sorted.map(({ id }) => id))];
}
