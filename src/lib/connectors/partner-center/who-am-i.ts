import { z } from 'zod';
import { itemsOf } from './paging.ts';
import { ask, type Access } from './request.ts';

const owned = z.looseObject({
  organizationName: z.string().trim().min(1),
  organizationId: z.string().catch(''),
});

/**
 * The organisation whose referrals these are: no other question about oneself is documented at this
 * host.
 */
export async function whoAmI(access: Access): Promise<string | null> {
  const [item] = itemsOf((await ask(access, { $top: '1' })).body);
  const parsed = owned.safeParse(item);
  return parsed.success
    ? `${parsed.data.organizationName} (organisation ${parsed.data.organizationId})`
    : null;
}
