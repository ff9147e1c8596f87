import { z } from 'zod';
import { findAccess } from '#lib/identity/auth/access.ts';
import { setActiveTenant, type SignedIn } from '#lib/identity/auth/sessions.ts';
import { Problem } from '#lib/platform/errors.ts';
import { action, text } from './action.ts';
import { redirectAfterPost } from './form.ts';

const workspaceForm = z.object({ slug: text });

/**
 * Makes a workspace the active one. Without access to it, throws Problem `not_found`, as for one
 * that does not exist.
 */
export const submitWorkspace = action(
  workspaceForm,
  async ({ user, session }: SignedIn, { slug }) => {
    const access = await findAccess(user, slug);
    if (access === undefined)
      throw new Problem(
        'not_found',
        'This workspace does not exist, or you do not have access to it.',
      );
    await setActiveTenant(session.id, access.tenant.id);
    return redirectAfterPost(`/w/${access.tenant.slug}/dashboard`);
  },
);
