import { slugField } from '../identity/auth/input.ts';

/** Which workspace a request is about. The guard reads it before anything else does. */
export const tenantParameter = slugField
  .optional()
  .describe('Slug of the workspace; default: the active workspace of the session.');
