import { json, type Reply } from '../kit/provider.ts';

/** A refusal on its way out: handlers throw it, the provider answers it. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly reply: Reply;
  constructor(status: number, code: string, message: string, headers: Record<string, string> = {}) {
    super(message);
    const reply = json({ error: { code, message } }, status);
    this.reply = { ...reply, headers: { ...reply.headers, ...headers } };
  }
}

/**
 * Codes of Dataverse. Those marked are general knowledge: no document shows them beside the text.
 */
export const CODES = {
  privilege: '0x80040220',
  notFound: '0x80040217',
  duplicateKey: '0x80040237',
  /** DuplicateRecordEntityKey. */
  entityKey: '0x80060892',
  duplicate: '0x80040333',
  stateMismatch: '0x80048408',
  requests: '0x80072322',
  time: '0x80072321',
  concurrency: '0x80072326',
  /** General knowledge from here on. */
  version: '0x80060882',
  query: '0x80060888',
  payload: '0x80048d19',
  option: '0x8004431a',
  length: '0x80044331',
  expired: '0x80044352',
  untracked: '0x80044353',
  closed: '0x8004032f',
  required: '0x80040203',
} as const;

export const notFound = (table: string, id: string) =>
  new Refusal(404, CODES.notFound, `${table} With Id = ${id} Does Not Exist`);
export const badQuery = (message: string) => new Refusal(400, CODES.query, message);
export const badPayload = (message: string, code: string = CODES.payload) =>
  new Refusal(400, code, message);
export const noProperty = (name: string, table: string) =>
  badQuery(`Could not find a property named '${name}' on type 'Microsoft.Dynamics.CRM.${table}'.`);
