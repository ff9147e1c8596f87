import { slugField } from '../identity/auth/input.ts';

/** The workspace of a request. The guard reads it before anything else does. */
export const tenantParameter = slugField
  .optional()
  .describe('Slug of the workspace; default: the active workspace of the session.');
