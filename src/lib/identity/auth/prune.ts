import { lt } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import { pruneLimits } from './limits.ts';
import { sessions, verifications } from '../../schema/identity.ts';

/** Deletes expired sessions, links, codes and counts. To be run regularly. */
export async function pruneAuth(now: Date): Promise<void> {
  await globalDb().delete(sessions).where(lt(sessions.expiresAt, now));
  await globalDb().delete(verifications).where(lt(verifications.expiresAt, now));
  await pruneLimits(now);
}
