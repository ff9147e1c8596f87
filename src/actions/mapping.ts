import { z } from 'zod';
import type { Access } from '#lib/identity/auth/access.ts';
import { refreshFields } from '#lib/mappings/refresh-fields.ts';
import { restoreMapping, saveCheckedMapping } from '#lib/mappings/save.ts';
import { nameRow } from '#lib/mappings/row-overrides.ts';
import { Problem } from '#lib/platform/errors.ts';
import type { MappingDraft } from '#lib/views/push-mapping-draft.ts';
import { requireRole } from '../middleware/guard.ts';
import { buttonOf, foreignForm } from './action.ts';
import { redirectAfterPost, type Fields } from './form.ts';
import { parseRow } from './mapping-row.ts';

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
  reset: 'The row is as in the default again. Nothing is saved yet.',
  suggest: 'What could fill other fields of the CRM is listed below them. Nothing is saved yet.',
  adopt: 'The suggested row has been added. Nothing is saved yet.',
  preview:
    'The preview below shows what would be pushed for the newest leads. Nothing is saved yet.',
};

/** The most rows that a form may contain. */
const maxRows = 300;

/** The most characters of a note. */
const maxNote = 500;

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
    fields[`row.${index}.target`] === undefined ||
    (operation === 'remove' && detail === String(index))
      ? []
      : (parseRow(fields, `row.${index}`) ?? []),
  );
  const added =
    operation === 'add'
      ? parseRow({ ...fields, [`add.${detail}.role`]: detail }, `add.${detail}`)
      : operation === 'adopt'
        ? parseRow(fields, `suggest.${detail}`)
        : undefined;
  const all = added === undefined ? rows : [...rows, added];
  return {
    fields: all.map(({ row }) => row),
    unread: all.flatMap(({ unread }) => unread),
    confirmed: all.flatMap(({ row, isConfirmed }) => (isConfirmed ? nameRow(row) : [])),
    basedOn: basedOn.parse(fields['basedOn']),
    note: (fields['note'] ?? '').trim().slice(0, maxNote),
    preview: operation === 'preview',
    suggest: operation === 'suggest' || operation === 'adopt',
    reset: operation === 'reset' ? detail : undefined,
  };
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
  if (operation === 'save') await saveDraft(access, connectionId, draft);
  if (operation === 'restore')
    await restoreMapping(tenant.id, connectionId, parseVersion(detail), user.id);
  if (operation === 'refresh') await refreshFields(tenant.id, connectionId);
  if (operation !== 'save' && operation !== 'restore') return undefined;
  const query = new URLSearchParams({ connection: connectionId, done: operation });
  return redirectAfterPost(`/w/${tenant.slug}/settings/mapping?${query}`);
}

async function saveDraft(
  { tenant, user }: Access,
  connectionId: string,
  { fields, basedOn: version, note, confirmed, unread }: MappingDraft,
): Promise<void> {
  if (unread.length > 0)
    throw new Problem(
      'bad_request',
      'The mapping was not saved because text of a row cannot be read. The errors are shown ' +
        'beside the rows; correct them and save again.',
    );
  await saveCheckedMapping(tenant.id, connectionId, fields, version, user.id, {
    note: note || null,
    confirmed,
  });
}
