import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyFailure } from '#lib/ingest/failures.ts';
import { computeNextAttempt, computeNextDue } from '#lib/ingest/schedule.ts';
import { RemoteError } from '#lib/platform/http/errors.ts';

const ids = fc.uuid();
const moments = fc.date({
  min: new Date('2026-01-01'),
  max: new Date('2030-01-01'),
  noInvalidDate: true,
});
const intervals = fc.constantFrom(30_000, 600_000, 3_600_000);

describe('when a connection is due', () => {
  it('is always ahead, within one interval, and at the same moment of each', () => {
    fc.assert(
      fc.property(ids, moments, intervals, (id, now, interval) => {
        const due = computeNextDue(id, now, interval);
        expect(due.getTime()).toBeGreaterThan(now.getTime());
        expect(due.getTime() - now.getTime()).toBeLessThanOrEqual(interval);
        expect(computeNextDue(id, due, interval).getTime() - due.getTime()).toBe(interval);
      }),
    );
  });

  it('spreads connections over the interval', () => {
    fc.assert(
      fc.property(fc.uniqueArray(ids, { minLength: 60, maxLength: 60 }), moments, (many, now) => {
        const slots = new Set(
          many.map((id) => Math.floor((computeNextDue(id, now).getTime() % 3_600_000) / 600_000)),
        );
        expect(slots.size).toBeGreaterThan(3);
      }),
      { numRuns: 20 },
    );
  });
});

describe('after a run', () => {
  const id = '0198c0de-0000-7000-8000-0000000a1b2c';
  const now = new Date('2026-11-20T10:00:00Z');
  const after = (kind: ConstructorParameters<typeof RemoteError>[0], until?: Date) =>
    computeNextAttempt(
      id,
      now,
      classifyFailure(new RemoteError(kind, 'Words.', until && { until })),
    );

  it('waits for its own minute when all went well, and when only a person can help', () => {
    for (const { at, waitingFor } of [
      computeNextAttempt(id, now, undefined),
      after('auth'),
      after('permission'),
    ]) {
      expect(waitingFor).toBeNull();
      expect(computeNextDue(id, new Date(at.getTime() - 1))).toEqual(at);
    }
  });

  it('leaves a connection alone for a while that was synced just before its own minute', () => {
    fc.assert(
      fc.property(ids, moments, intervals, (connection, end, interval) => {
        const wait =
          computeNextAttempt(connection, end, undefined, interval).at.getTime() - end.getTime();
        expect(wait).toBeGreaterThan(interval * 0.1);
        expect(wait).toBeLessThanOrEqual(interval * 1.1);
      }),
    );
  });

  it('waits as long as the source asked, be it until tomorrow, and says so', () => {
    const until = new Date('2026-11-21T00:00:00Z');
    expect(after('rate_limited', until)).toEqual({ at: until, waitingFor: 'Words.' });
    expect(after('transient', until)).toEqual({ at: until, waitingFor: 'Words.' });
  });

  it('tries an unreachable source again within a minute, also one whose named time is over', () => {
    for (const { at } of [
      after('transient'),
      after('rate_limited'),
      after('transient', new Date('2026-11-20T09:00:00Z')),
    ]) {
      expect(at.getTime() - now.getTime()).toBeGreaterThan(0);
      expect(at.getTime() - now.getTime()).toBeLessThanOrEqual(60_000);
    }
  });
});
