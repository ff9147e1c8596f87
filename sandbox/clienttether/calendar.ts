import type { Random } from '../kit/random.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Office hours of a team across the United States, in UTC. */
const OPENS = 14;
const CLOSES = 23;

/**
 * The same instant when the office is open, else some minutes after it opens next. Never earlier
 * than `at`.
 */
export function officeTime(at: number, random: Random): number {
  const hour = new Date(at).getUTCHours();
  if (isWeekday(at) && hour >= OPENS && hour < CLOSES) return at;
  return wholeSecond(nextOpening(at) + random.int(0, 170) * MINUTE + random.int(0, 59_000));
}

/** A slot on the half hour within office hours, at least `days` days after `at`. */
export function meetingSlot(at: number, days: number, random: Random): number {
  return nextOpening(at + days * DAY) + random.int(0, (CLOSES - OPENS) * 2 - 2) * 30 * MINUTE;
}

/** A waiting time in days around `mean`, often short and sometimes long. */
export function waitDays(mean: number, random: Random): number {
  return Math.min(mean * 5, 0.02 - Math.log(1 - random.next()) * mean);
}

export function wholeSecond(at: number): number {
  return Math.floor(at / 1000) * 1000;
}

function nextOpening(at: number): number {
  let opening = Math.floor(at / DAY) * DAY + OPENS * HOUR;
  while (opening < at || !isWeekday(opening)) opening += DAY;
  return opening;
}

/** 1970-01-01 was a Thursday. */
function isWeekday(at: number): boolean {
  return ((Math.floor(at / DAY) + 4) % 7) % 6 !== 0;
}
