import type { Access } from '#lib/identity/auth/access.ts';
import type { DiscoveredObject } from '#lib/connectors/contract/discovery.ts';
import { requestObjectRemoval } from '#lib/ingest/remove-object.ts';
import { addObject, findObjects } from '#lib/mappings/inbound/objects.ts';
import { requireRole } from '../middleware/guard.ts';
import { buttonOf, parseFields, text } from './action.ts';
import { redirectAfterPost, type Fields } from './form.ts';
import { z } from 'zod';

/*
 * The objects that an account has defined itself, below the fields that come in. What the system
 * names is shown with the response to the question, and stored only when a person adds it.
 */

/** The notices of the page, by button. */
export const objectNotices: Record<string, string> = {
  'find-objects': 'The system has been asked for its objects. Nothing is added yet.',
  'add-object': 'The object has been added. Its records arrive with the next sync.',
  'remove-object': 'The object is no longer read, and its records are being deleted.',
};

/** Whether a form of the page is about objects and not about fields. */
export const isObjectForm = (fields: Fields): boolean =>
  Object.hasOwn(objectNotices, buttonOf(fields));

const addForm = z.object({ object: text, entity: text });
const removeForm = z.object({ stream: text });

/** Handles the buttons; to a question for objects, it returns those that the system names. */
export async function submitObjects(
  access: Access,
  connectionId: string,
  fields: Fields,
): Promise<Response | readonly DiscoveredObject[]> {
  requireRole(access, 'admin');
  const { tenant, user } = access;
  const connection = { tenantId: tenant.id, connectionId };
  const operation = buttonOf(fields);
  if (operation === 'find-objects') return findObjects(connection);
  const query = new URLSearchParams({ connection: connectionId, done: operation });
  if (operation === 'add-object') {
    const given = parseFields(addForm, fields);
    query.set('stream', await addObject(connection, { ...given, by: user.id }));
  }
  if (operation === 'remove-object') {
    const { stream } = parseFields(removeForm, fields);
    await requestObjectRemoval({ ...connection, stream });
  }
  return redirectAfterPost(`/w/${tenant.slug}/settings/incoming?${query}`);
}
