import { z } from 'zod';
import type { Access } from '#lib/identity/auth/access.ts';
import { refreshFields } from '#lib/mappings/refresh-fields.ts';
import { restoreMapping, saveCheckedMapping } from '#lib/mappings/save.ts';
import {
  conflictRules,
  objectRoles,
  type FieldMapping,
} from '#lib/connectors/contract/destination.ts';
import { Problem } from '#lib/platform/errors.ts';
import type { MappingDraft } from '#lib/views/push-mapping.ts';
import { requireRole } from '../middleware/guard.ts';
import { buttonOf, foreignForm, text } from './action.ts';
import { redirectAfterPost, type Fields } from './form.ts';

/*
 * The editor works without scripts: its whole state is in the form. Each button sends all rows;
 * unsaved rows come back as the draft that the page renders again.
 */

/** The notices of the page, by button. */
export const mappingNotices: Record<string, string> = {
  save: 'The mapping has been saved. It applies from the next push.',
  restore: 'The older version has been restored as a new version.',
  refresh: 'The fields have been reloaded from the CRM.',
  add: 'The row has been added. Nothing is saved yet.',
  remove: 'The row has been removed. Nothing is saved yet.',
  check: 'The rows have been checked. Nothing is saved yet.',
  preview:
    'The preview below shows what would be pushed for the newest leads. Nothing is saved yet.',
};

/** The most rows that a form may contain. */
const maxRows = 300;

/** The fields of one row, without their prefix. `source` "=" selects the constant next to it. */
const rowForm = z
  .object({
    role: z.enum(objectRoles),
    target: z.string().trim().min(1),
    source: text,
    constant: text,
    rule: z.enum(conflictRules).catch('ours'),
  })
  .transform(({ constant, source, ...row }) => ({
    ...row,
    source: source === '=' ? `=${constant.trim()}` : source,
  }));

const basedOn = z.coerce.number().catch(0);

/**
 * Splits a button into its operation and, after a colon, its target: a row, a role or a version.
 */
export function mappingButton(fields: Fields): { operation: string; detail: string } {
  const [operation = '', detail = ''] = buttonOf(fields).split(':', 2);
  return { operation, detail };
}

/** Returns the rows of the form, with the row that its button adds or removes. */
export function readDraft(fields: Fields): MappingDraft {
  const { operation, detail } = mappingButton(fields);
  const rows = Array.from({ length: maxRows }, (_, index) => index).flatMap((index) =>
    fields[`row.${index}.target`] === undefined
      ? []
      : [{ index, row: parseRow(fields, `row.${index}`) }],
  );
  const kept = rows
    .filter(({ index }) => !(operation === 'remove' && detail === String(index)))
    .flatMap(({ row }) => row ?? []);
  const added =
    operation === 'add'
      ? parseRow({ ...fields, [`add.${detail}.role`]: detail }, `add.${detail}`)
      : undefined;
  return {
    fields: added === undefined ? kept : [...kept, added],
    basedOn: basedOn.parse(fields['basedOn']),
    preview: operation === 'preview',
  };
}

/**
 * Parses the row whose fields begin with `prefix`; undefined when it names no field of a known
 * role.
 */
function parseRow(fields: Fields, prefix: string): FieldMapping | undefined {
  const given = Object.keys(rowForm.in.shape).map((name) => [name, fields[`${prefix}.${name}`]]);
  const row = rowForm.safeParse(Object.fromEntries(given)).data;
  if (row === undefined) return undefined;
  const labels = parseLabels(fields, prefix);
  return { ...row, ...(Object.keys(labels).length > 0 && { labels }) };
}

function parseLabels(fields: Fields, prefix: string): Record<string, string> {
  const labels = new Map<string, string>();
  for (let index = 0; fields[`${prefix}.label.${index}.theirs`] !== undefined; index += 1) {
    const [ours = '', theirs = ''] = [
      fields[`${prefix}.label.${index}.ours`]?.trim(),
      fields[`${prefix}.label.${index}.theirs`]?.trim(),
    ];
    if (ours !== '' && theirs !== '') labels.set(ours, theirs);
  }
  return Object.fromEntries(labels);
}

/** The version behind a button. Throws Problem `bad_request` for what none of our buttons says. */
function parseVersion(detail: string): number {
  if (!/^\d{1,9}$/.test(detail)) throw new Problem('bad_request', foreignForm);
  return Number(detail);
}

/** Handles the buttons of the editor. Without a redirect the page renders the draft again. */
export async function submitMapping(
  access: Access,
  connectionId: string,
  draft: MappingDraft,
  fields: Fields,
): Promise<Response | undefined> {
  requireRole(access, 'admin');
  const { tenant, user } = access;
  const { operation, detail } = mappingButton(fields);
  if (!Object.hasOwn(mappingNotices, operation)) throw new Problem('bad_request', foreignForm);
  if (operation === 'save')
    await saveCheckedMapping(tenant.id, connectionId, draft.fields, draft.basedOn, user.id);
  if (operation === 'restore')
    await restoreMapping(tenant.id, connectionId, parseVersion(detail), user.id);
  if (operation === 'refresh') await refreshFields(tenant.id, connectionId);
  if (operation !== 'save' && operation !== 'restore') return undefined;
  const query = new URLSearchParams({ connection: connectionId, done: operation });
  return redirectAfterPost(`/w/${tenant.slug}/settings/mapping?${query}`);
}
