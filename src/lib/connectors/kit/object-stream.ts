import { RemoteError } from '../../platform/http/errors.ts';
import type { DiscoveredObject, ObjectEntity } from '../contract/discovery.ts';
import type { Interpretation, Page } from '../contract/source.ts';

/** The id of a record, and of a contact the company that it belongs to, if that is known. */
export function objectKeys(
  entity: ObjectEntity,
  externalId: string,
  companyId: string | null = null,
): Interpretation<ObjectEntity>['keys'] {
  const keys = entity === 'contact' ? { externalId, companyId } : { externalId };
  return keys;
}

/**
 * The pages of an object, with an error that tells a person what to do when the account no longer
 * has it. Throws RemoteError.
 */
export async function* readUnlessGone(
  { label }: DiscoveredObject,
  system: string,
  pages: AsyncIterable<Page>,
): AsyncGenerator<Page> {
  try {
    yield* pages;
  } catch (error) {
    if (!(error instanceof RemoteError) || !isHidden(error)) throw error;
    throw new RemoteError(
      error.kind,
      `${system} no longer has the object "${label}", or hides it from this connection. Remove it ` +
        'under Incoming fields, or give the connection access to it again.',
      { ...(error.status !== undefined && { status: error.status }), cause: error },
    );
  }
}

const isHidden = ({ kind }: RemoteError): boolean => kind === 'gone' || kind === 'permission';
