import { config } from '../../platform/config.ts';
import { isStaff } from './staff.ts';

/** When a session ends by itself. */
export interface SessionEnds {
  /** When it is not used until then. */
  idle: Date;
  /** However much it is used. */
  latest: Date;
}

/** The times of a session that its ends follow from. */
interface Times {
  createdAt: Date;
  /** When it was last used, to the minute. */
  updatedAt: Date;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** How exactly a session knows when it was last used, which costs a statement each time. */
const noteUseAfterMs = minuteMs;

/** How long sessions may stay unused, in seconds: those of everybody but staff. */
export const sessionIdleSeconds = (): number => (config().SESSION_IDLE_HOURS * hourMs) / 1000;

/** The ends of a session. Pure but for the configuration. */
export function findEnds({ createdAt, updatedAt }: Times, staff: boolean): SessionEnds {
  const env = config();
  const idleMs = staff
    ? env.STAFF_SESSION_IDLE_MINUTES * minuteMs
    : env.SESSION_IDLE_HOURS * hourMs;
  const maxMs = staff ? env.STAFF_SESSION_MAX_HOURS * hourMs : env.SESSION_MAX_DAYS * 24 * hourMs;
  const latest = new Date(createdAt.getTime() + maxMs);
  return { latest, idle: new Date(Math.min(updatedAt.getTime() + idleMs, latest.getTime())) };
}

/**
 * Whether the session of the user is over. The database is asked whether the user is staff only for
 * a session that would then be over: most requests need no statement.
 */
export async function isOver(session: Times & { userId: string }, now: Date): Promise<boolean> {
  const isPast = (staff: boolean) => findEnds(session, staff).idle <= now;
  return isPast(false) || (isPast(true) && (await isStaff(session.userId)));
}

/** Whether the use of a session is to be noted again. */
export const isUseDue = ({ updatedAt }: Times, now: Date): boolean =>
  now.getTime() - updatedAt.getTime() >= noteUseAfterMs;
