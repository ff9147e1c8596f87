import type { Access } from '#lib/identity/auth/access.ts';
import { Problem } from '#lib/platform/errors.ts';
import { readFieldsAgain } from '#lib/mappings/refresh.ts';
import { restoreMapping, saveCheckedMapping } from '#lib/mappings/save.ts';
import {
  conflictRules,
  pushTables,
  type FieldMapping,
} from '#lib/connectors/contract/destination.ts';
import type { MappingDraft } from '#lib/views/push-mapping.ts';
import { seeOther, type Fields } from './form.ts';

/*
 * The editor works without script: its whole state is in the form. Each button sends all rows; what
 * is not saved comes back as the draft that the page draws again.
 */

/** What the page says after each button. */
export const mappingNotices: Record<string, string> = {
  save: 'The mapping is saved. It holds from the next push on.',
  restore: 'The older version is in force again, as a new one.',
  refresh: 'The fields were read again.',
  add: 'The row is added. Nothing is saved yet.',
  remove: 'The row is taken away. Nothing is saved yet.',
  check: 'The rows were checked. Nothing is saved yet.',
  preview: 'What would be sent of the newest leads stands below. Nothing is saved yet.',
};

/** Most rows that a form may hold. */
const mostRows = 300;

/** The rows as they are in the form, with what its button adds or takes away. */
export function readDraft(fields: Fields): MappingDraft {
  const [verb = '', detail = ''] = (fields['intent'] ?? '').split(':', 2);
  const rows = Array.from({ length: mostRows }, (_, index) => index).flatMap((index) =>
    fields[`row.${index}.target`] === undefined
      ? []
      : [{ index, row: rowOf(fields, `row.${index}`) }],
  );
  const kept = rows
    .filter(({ index }) => !(verb === 'remove' && detail === String(index)))
    .flatMap(({ row }) => row ?? []);
  const added =
    verb === 'add'
      ? rowOf({ ...fields, [`add.${detail}.table`]: detail }, `add.${detail}`)
      : undefined;
  return {
    fields: added === undefined ? kept : [...kept, added],
    basedOn: Number(fields['basedOn']) || 0,
    preview: verb === 'preview',
  };
}

function rowOf(fields: Fields, prefix: string): FieldMapping | undefined {
  const table = pushTables.find((one) => one === fields[`${prefix}.table`]);
  const target = fields[`${prefix}.target`]?.trim() ?? '';
  if (table === undefined || target === '') return undefined;
  const chosen = fields[`${prefix}.source`] ?? '';
  const source = chosen === '=' ? `=${fields[`${prefix}.constant`]?.trim() ?? ''}` : chosen;
  const rule = conflictRules.find((one) => one === fields[`${prefix}.rule`]) ?? 'ours';
  const labels = labelsOf(fields, prefix);
  return { table, target, source, rule, ...(Object.keys(labels).length > 0 && { labels }) };
}

function labelsOf(fields: Fields, prefix: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let index = 0; fields[`${prefix}.label.${index}.theirs`] !== undefined; index += 1) {
    const [ours = '', theirs = ''] = [
      fields[`${prefix}.label.${index}.ours`]?.trim(),
      fields[`${prefix}.label.${index}.theirs`]?.trim(),
    ];
    if (ours !== '' && theirs !== '') labels[ours] = theirs;
  }
  return labels;
}

/** One of the buttons of the editor. Nothing to go to: the page draws the draft again. */
export async function submitMapping(
  { tenant, user }: Access,
  connectionId: string,
  draft: MappingDraft,
  fields: Fields,
): Promise<Response | undefined> {
  const [verb = '', detail = ''] = (fields['intent'] ?? '').split(':', 2);
  if (!Object.hasOwn(mappingNotices, verb))
    throw new Problem(
      'bad_request',
      'This form does not belong to this page. Open the page again.',
    );
  if (verb === 'save')
    await saveCheckedMapping(tenant.id, connectionId, draft.fields, draft.basedOn, user.id);
  if (verb === 'restore') await restoreMapping(tenant.id, connectionId, Number(detail), user.id);
  if (verb === 'refresh') await readFieldsAgain(tenant.id, connectionId);
  if (verb !== 'save' && verb !== 'restore') return undefined;
  return seeOther(
    `/w/${tenant.slug}/settings/mapping?${new URLSearchParams({ connection: connectionId, done: verb })}`,
  );
}
