import type { HubSpotAccount } from './account.ts';
import { toTime, type Ref, type Row } from './store.ts';
import { getType, PRIMARY_IDS, UNLABELLED_IDS, type ObjectSpec, type TypeName } from './types.ts';

/** A row as responses show it: the properties asked for, and always its id and times. */
export function wireRow(
  { spec: { sparse } }: HubSpotAccount,
  spec: ObjectSpec,
  row: Row,
  properties: readonly string[],
  known: ReadonlySet<string>,
): Record<string, unknown> {
  const names = [...new Set(['hs_object_id', spec.createdAt, spec.changedAt, ...properties])];
  const shown = names
    .filter((name) => known.has(name))
    .toSorted()
    .map((name) => [name, row.properties[name] ?? null] as const);
  return {
    id: row.properties['hs_object_id'] ?? row.id,
    properties: Object.fromEntries(shown),
    createdAt: toTime(row.createdAt),
    updatedAt: toTime(row.updatedAt),
    archived: row.archivedAt !== null,
    ...(row.archivedAt !== null && { archivedAt: toTime(row.archivedAt) }),
    ...(sparse !== true && {
      url: `https://app.hubspot.com/contacts/1/record/${spec.typeId}/${row.id}`,
    }),
  };
}

/** The associations of a row as a list shows them: two entries for the primary one. */
export function wireInlineLinks(
  { store, spec: { inlineLinks = 100 } }: HubSpotAccount,
  row: Row,
  types: readonly TypeName[],
): Record<string, unknown> {
  const from: Ref = { type: row.type, id: row.id };
  const lists = types.map((type) => {
    const found = store.links(from).filter((link) => link.type === type);
    const name = `${getType(row.type).singular}_to_${getType(type).singular}`;
    const shown = found
      .slice(0, inlineLinks)
      .flatMap(({ id, isPrimary }) => [
        ...(isPrimary ? [{ id, type: name }] : []),
        { id, type: hasPrimary(row.type, type) ? `${name}_unlabeled` : name },
      ]);
    const after = String(inlineLinks);
    const paging =
      found.length > inlineLinks ? { paging: { next: { after, link: `?after=${after}` } } } : {};
    return [type, { results: shown, ...paging }] as const;
  });
  const filled = lists.filter(([, { results }]) => results.length > 0);
  return filled.length === 0 ? {} : { associations: Object.fromEntries(filled) };
}

const hasPrimary = (from: TypeName, to: TypeName): boolean =>
  PRIMARY_IDS[`${from}/${to}`] !== undefined;

/** The associations of a row with one type as the endpoint for associations shows them. */
export function wireLinks({ store }: HubSpotAccount, from: Ref, to: TypeName): object[] {
  return store
    .links(from)
    .filter(({ type }) => type === to)
    .map(({ id, isPrimary }) => ({
      toObjectId: Number.isSafeInteger(Number(id)) ? Number(id) : id,
      associationTypes: [
        ...(isPrimary
          ? [
              {
                category: 'HUBSPOT_DEFINED',
                typeId: PRIMARY_IDS[`${from.type}/${to}`] ?? 1,
                label: 'Primary',
              },
            ]
          : []),
        {
          category: 'HUBSPOT_DEFINED',
          typeId: UNLABELLED_IDS[`${from.type}/${to}`] ?? 900,
          label: null,
        },
      ],
    }));
}
