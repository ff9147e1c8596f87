import { z } from 'zod';
import { json, type Reply, type SandboxRequest } from '../kit/provider.ts';
import type { HubSpotAccount } from './account.ts';
import { invalid, Refusal } from './errors.ts';
import type { Ref } from './store.ts';
import { TYPES, UNLABELLED_IDS, type TypeName } from './types.ts';
import { parseJson, readProperties, wire } from './write.ts';

const association = z.strictObject({
  to: z.strictObject({ id: z.string().regex(/^\d+$/) }),
  types: z
    .array(
      z.strictObject({
        associationCategory: z.literal('HUBSPOT_DEFINED'),
        associationTypeId: z.number().int(),
      }),
    )
    .min(1),
});
const input = z.strictObject({
  properties: z.record(z.string(), z.unknown()),
  associations: z.array(association).default([]),
});

/** The properties that each of these objects has to be created with. */
const REQUIRED: Partial<Record<TypeName, readonly string[]>> = {
  notes: ['hs_timestamp'],
  tasks: ['hs_timestamp'],
};
const MAX_NOTE = 65_536;

/**
 * POST of a note or a task, with what it is associated with. Sources:
 * https://developers.hubspot.com/docs/api-reference/crm-notes-v3/guide and crm-tasks-v3/guide
 */
export function create(account: HubSpotAccount, request: SandboxRequest): Reply {
  const spec = account.readable(request.params['type'] ?? '');
  const required = REQUIRED[spec.type];
  if (required === undefined) throw invalid(`the sandbox does not create ${spec.type}`);
  account.need('crm.objects.contacts.write');
  const parsed = input.safeParse(parseJson(request));
  if (!parsed.success)
    throw invalid(`Invalid input JSON: ${parsed.error.issues[0]?.message ?? ''}`);
  const values = readProperties(account, spec, parsed.data.properties);
  for (const name of required)
    if (Number.isNaN(Date.parse(values[name] ?? '')))
      throw invalid(
        `Error creating ${spec.singular}. Some required properties were not set.`,
        name,
      );
  if ((values['hs_note_body'] ?? '').length > MAX_NOTE) throw invalid('The note is too long');
  const refs = parsed.data.associations.map((each) => findTarget(account, spec.type, each));
  const at = account.now();
  const row = account.store.insert(spec.type, values, at);
  for (const ref of refs) account.store.associate({ type: spec.type, id: row.id }, ref);
  return json(wire(account, spec, row, Object.keys(values)), 201);
}

function findTarget(
  { store }: HubSpotAccount,
  from: TypeName,
  { to, types }: z.output<typeof association>,
): Ref {
  const typeId = types[0]?.associationTypeId;
  const type = TYPES.find((each) => UNLABELLED_IDS[`${from}/${each}`] === typeId);
  if (type === undefined)
    throw invalid(
      `associationTypeId ${String(typeId)} is not valid between ${from} and the object`,
    );
  if (store.find(type, to.id)?.archivedAt !== null)
    throw new Refusal(404, 'OBJECT_NOT_FOUND', `No ${type} with id ${to.id} exists`);
  return { type, id: to.id };
}
