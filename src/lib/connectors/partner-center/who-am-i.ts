import { z } from 'zod';
import { parseItems } from './paging.ts';
import { fetchSample, type Access } from './request.ts';

const ownerSchema = z.looseObject({
  organizationName: z.string().trim().min(1),
  organizationId: z.string().catch(''),
});

/**
 * The organisation that owns the first referral; null without any. This host documents no request
 * for the identity of the account itself.
 */
export async function whoAmI(access: Access): Promise<string | null> {
  const [item] = parseItems((await fetchSample(access)).body);
  const parsed = ownerSchema.safeParse(item);
  return parsed.success
    ? `${parsed.data.organizationName} (organisation ${parsed.data.organizationId})`
    : null;
}
