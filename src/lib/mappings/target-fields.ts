import type {
  ObjectRole,
  TargetField,
  TargetMetadata,
} from '../connectors/contract/destination.ts';

/** The fields of one object of the CRM; none when it has no such object. */
export const listTargetFields = (metadata: TargetMetadata, role: ObjectRole): TargetField[] =>
  metadata.objects[role]?.fields ?? [];

export const findTargetField = (
  metadata: TargetMetadata,
  role: ObjectRole,
  name: string,
): TargetField | undefined => listTargetFields(metadata, role).find((field) => field.name === name);

/** What people call one object of the CRM, such as "account". */
export const nameObject = (metadata: TargetMetadata, role: ObjectRole): string =>
  metadata.objects[role]?.label ?? role;
