import { v7 } from 'uuid';

/** A new time-ordered id (UUID version 7, RFC 9562). */
export function newId(): string {
  return v7();
}

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether a text is a UUID, so that the database can compare it with an id column. */
export function isId(text: string): boolean {
  return pattern.test(text);
}
