import { json, type Reply } from '../kit/provider.ts';

/** A refusal on its way out: handlers throw it, the provider answers it. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly code: string;
  readonly reply: Reply;
  constructor(status: number, code: string, message: string, fields?: readonly string[]) {
    super(message);
    this.code = code;
    // The API answers a list of errors.
    this.reply = json([{ message, errorCode: code, ...(fields && { fields }) }], status);
  }
}

export const malformedQuery = (message: string) => new Refusal(400, 'MALFORMED_QUERY', message);
export const notFound = () =>
  new Refusal(404, 'NOT_FOUND', 'The requested resource does not exist');

export const noField = (name: string, object: string) =>
  new Refusal(
    400,
    'INVALID_FIELD',
    `\n${name}\n^\nERROR at Row:1:Column:8\nNo such column '${name}' on entity '${object}'. If you ` +
      "are attempting to use a custom field, be sure to append the '__c' after the custom field " +
      'name. Please reference your WSDL or the describe call for the appropriate names.',
  );

export const noRelationship = (name: string) =>
  new Refusal(
    400,
    'INVALID_FIELD',
    `\nERROR at Row:1:Column:8\nDidn't understand relationship '${name}' in field path. If you are ` +
      "attempting to use a custom relationship, be sure to append the '__r' after the custom " +
      'relationship name. Please reference your WSDL or the describe call for the appropriate names.',
  );

export const noObject = (name: string) =>
  new Refusal(
    400,
    'INVALID_TYPE',
    `\nFROM ${name}\n     ^\nERROR at Row:1:Column:18\nsObject type '${name}' is not supported. If ` +
      "you are attempting to use a custom object, be sure to append the '__c' after the entity " +
      'name. Please reference your WSDL or the describe call for the appropriate names.',
  );
