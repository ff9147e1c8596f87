import { and, eq, isNotNull } from 'drizzle-orm';
import { globalDb } from '../../platform/db/database.ts';
import { users } from '../../schema/identity.ts';

/** Whether nobody may sign in with the account, whatever they prove. */
export async function isDisabled(userId: string): Promise<boolean> {
  const rows = await globalDb()
    .select({ id: users.id })
    .from(users)
    .where(and(eq(users.id, userId), isNotNull(users.disabledAt)));
  return rows.length > 0;
}
