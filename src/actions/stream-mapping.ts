import { z } from 'zod';
import type { Access } from '#lib/identity/auth/access.ts';
import { stepList } from '#lib/conversion/transformations/kit/steps.ts';
import { limits } from '#lib/conversion/transformations/kit/limits.ts';
import type { FieldSchema, MappingSchema } from '#lib/conversion/schema/shape.ts';
import { requestReplay } from '#lib/ingest/request.ts';
import { describeStream } from '#lib/mappings/inbound/objects.ts';
import { restoreStreamMapping, saveStreamMapping } from '#lib/mappings/inbound/versions.ts';
import { Problem } from '#lib/platform/errors.ts';
import type { StreamMappingDraft } from '#lib/views/stream-mapping.ts';
import { requireRole } from '../middleware/guard.ts';
import { buttonOf, foreignForm } from './action.ts';
import { redirectAfterPost, type Fields } from './form.ts';

/*
 * The editor works without scripts: its whole state is in the form. Each button sends all fields;
 * what is not saved comes back as the draft that the page renders again.
 */

/** The notices of the page, by button. */
export const streamMappingNotices: Record<string, string> = {
  save: 'The mapping has been saved. It applies to everything that arrives from now on.',
  rebuild: 'The mapping has been saved, and the stored records are being rebuilt with it.',
  restore: 'The older version has been restored as a new version.',
  check: 'The mapping has been tried on stored records. Nothing is saved yet.',
  try: 'The mapping has been tried on everything stored. Nothing is saved yet.',
  describe:
    'The system has been asked for all fields, which are offered as sources. Nothing is saved yet.',
  reset: 'The field is filled as by default again. Nothing is saved yet.',
};

/** What a form can hold; the page draws fewer. */
const maxRows = limits.fields;

const rowForm = z.object({
  target: z.string().min(1),
  steps: z.string().default('[]'),
  fallback: z.enum(['reject', 'empty', 'value']).catch('reject'),
  filler: z.string().default(''),
  type: z.string().default('text'),
});

/** The button that was pressed, and what stands behind a colon in it: a field or a version. */
export function streamMappingButton(fields: Fields): { operation: string; detail: string } {
  const [operation = '', detail = ''] = buttonOf(fields).split(':', 2);
  return { operation, detail };
}

/** The mapping in the form. Throws Problem `bad_request` for steps that are no list of steps. */
export function readStreamMapping(fields: Fields): MappingSchema {
  return Array.from({ length: maxRows }, (_, index) => `row.${index}`).flatMap((prefix) =>
    fields[`${prefix}.target`] === undefined ? [] : (readRow(fields, prefix) ?? []),
  );
}

/** Undefined for a row that fills nothing. */
function readRow(fields: Fields, prefix: string): FieldSchema | undefined {
  const given = Object.keys(rowForm.shape).map((name) => [name, fields[`${prefix}.${name}`]]);
  const row = rowForm.safeParse(Object.fromEntries(given)).data;
  if (row === undefined) throw new Problem('bad_request', foreignForm);
  const sources = Array.from(
    { length: limits.sources },
    (_, at) => fields[`${prefix}.source.${at}`]?.trim() ?? '',
  ).filter((path) => path !== '');
  const steps = parseSteps(row.steps, fields[`${prefix}.label`] ?? row.target);
  if (sources.length === 0 && steps.length === 0) return undefined;
  return { target: row.target, sources, steps, ...parseFallback(row) };
}

function parseSteps(text: string, label: string): FieldSchema['steps'] {
  const steps = stepList.safeParse(tryParse(text.trim() === '' ? '[]' : text));
  if (steps.success) return steps.data;
  throw new Problem(
    'bad_request',
    `The steps of "${label}" cannot be read. Write them as a list in JSON, such as ` +
      '[{ "fn": "trim" }].',
  );
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function parseFallback({
  fallback,
  filler,
  type,
}: z.output<typeof rowForm>): Pick<FieldSchema, 'fallback'> {
  if (fallback === 'reject') return {};
  if (fallback === 'empty') return { fallback: null };
  if (type === 'number') return { fallback: Number(filler) };
  return { fallback: type === 'boolean' ? filler === 'true' : filler };
}

/** What the page shows of a form that is not saved. */
export const toStreamMappingDraft = (
  fields: Fields,
  schema: MappingSchema,
): StreamMappingDraft => ({
  schema,
  basedOn: basedOn.parse(fields['basedOn']),
  reset: readReset(fields),
  dryRun: streamMappingButton(fields).operation === 'try',
});

function readReset(fields: Fields): string | null {
  const { operation, detail } = streamMappingButton(fields);
  return operation === 'reset' ? detail : null;
}

const basedOn = z.coerce.number().catch(0);

/** Handles the buttons of the editor. Without a redirect the page renders the draft again. */
export async function submitStreamMapping(
  access: Access,
  { connectionId, stream }: { connectionId: string; stream: string },
  draft: StreamMappingDraft,
  fields: Fields,
): Promise<Response | undefined> {
  requireRole(access, 'admin');
  const { tenant, user } = access;
  const { operation, detail } = streamMappingButton(fields);
  if (!Object.hasOwn(streamMappingNotices, operation))
    throw new Problem('bad_request', foreignForm);
  const key = { tenantId: tenant.id, connectionId, stream };
  if (operation === 'describe') await describeStream(key);
  if (operation === 'save' || operation === 'rebuild')
    await saveStreamMapping(key, {
      schema: draft.schema,
      basedOn: draft.basedOn,
      note: fields['note']?.trim().slice(0, maxNote) || null,
      by: user.id,
    });
  if (operation === 'rebuild') await requestReplay(tenant.id, connectionId, user.id);
  if (operation === 'restore') await restoreStreamMapping(key, parseVersion(detail), user.id);
  if (operation !== 'save' && operation !== 'rebuild' && operation !== 'restore') return undefined;
  const query = new URLSearchParams({ connection: connectionId, stream, done: operation });
  return redirectAfterPost(`/w/${tenant.slug}/settings/incoming?${query}`);
}

const maxNote = 200;

/** The version behind a button. Throws Problem `bad_request` for what none of our buttons says. */
function parseVersion(detail: string): number {
  if (!/^\d{1,9}$/.test(detail)) throw new Problem('bad_request', foreignForm);
  return Number(detail);
}
