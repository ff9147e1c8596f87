import { lt } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import { pruneLimits } from './limits.ts';
import { sessions, verifications } from '../../schema/identity.ts';

/** Deletes what has run out: sessions, links and codes, counts. To be run from time to time. */
export async function pruneAuth(now: Date): Promise<void> {
  await globalDb().delete(sessions).where(lt(sessions.expiresAt, now));
  await globalDb().delete(verifications).where(lt(verifications.expiresAt, now));
  await pruneLimits(now);
}
