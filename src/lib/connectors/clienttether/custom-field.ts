import { joinPath } from '../../conversion/transformations/kit/path.ts';

/** The paths of a standard or custom field, which lies at the top level or in `custom_fields`. */
export const customField = (name: string): string[] => [
  joinPath('', name),
  joinPath('custom_fields', name),
];
