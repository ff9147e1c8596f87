import { RemoteError } from '../../../platform/http/errors.ts';
import { tryParseJson } from '../../kit/json.ts';
import type { ActionField, ChangeAction, CurrentItem } from '../../contract/actions.ts';
import { parseRow } from '../answers.ts';
import { readItem } from '../item.ts';
import type { ObjectType } from '../objects.ts';
import { get, patch, paths } from '../request.ts';
import type { HubSpotSettings } from '../settings.ts';
import { toTexts } from '../stages.ts';

type Change = ChangeAction<HubSpotSettings>;

interface PropertyChange extends Required<Pick<Change, 'key' | 'label' | 'stream' | 'choices'>> {
  object: ObjectType;
  property: string;
  fieldLabel: string;
  /** The property that says which of the choices the object may have. */
  scope?: string;
}

/**
 * Sets one property of an object. HubSpot has no conditional writes: what is sent wins over a
 * change since the reading just before. Source:
 * https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/guide (update contacts)
 */
export function changeProperty({
  object,
  property,
  scope,
  fieldLabel: label,
  ...action
}: PropertyChange): Change {
  const field: ActionField = { name: property, label, kind: 'choice' };
  const pick = (properties: Readonly<Record<string, string>>): Omit<CurrentItem, 'tag'> => ({
    state: { [property]: properties[property] || null },
    facts: scope === undefined ? {} : { [scope]: properties[scope] || null },
  });
  const pathOf = (externalId: string): string => toPath(object, externalId);
  const body: Change['body'] = (wanted) => ({ properties: wanted });
  return {
    ...action,
    kind: 'change',
    field,
    current: (item) => pick(readItem(item).properties),
    async read(context, externalId) {
      const names = scope === undefined ? [property] : [property, scope];
      const answer = await get(context, pathOf(externalId), { properties: names.join(',') });
      const row = parseRow(tryParseJson(answer.body));
      if (row === undefined)
        throw new RemoteError('malformed', 'HubSpot returned something that is not a record.');
      if (row.archived === true)
        throw new RemoteError('gone', 'The record was deleted in HubSpot.', { status: 404 });
      return { ...pick(toTexts(row.properties ?? {})), tag: null };
    },
    body,
    send: (context, { externalId, wanted }) => patch(context, pathOf(externalId), body(wanted)),
  };
}

/** The path of an object, by the id under which its stream knows it. */
const toPath = ({ type, prefix = '' }: ObjectType, externalId: string): string =>
  `${paths.objects}/${type}/${encodeURIComponent(externalId.slice(prefix.length))}`;
