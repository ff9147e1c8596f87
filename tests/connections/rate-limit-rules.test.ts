import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { computeNextPause } from '#lib/connections/rate-limit/pauses.ts';
import {
  applyReading,
  isSignificant,
  allocateUnits,
  type WindowState,
} from '#lib/connections/rate-limit/windows.ts';
import { createRateLimitError } from '#lib/connections/rate-limit/errors.ts';
import type { RateWindow, WindowReading } from '#lib/connectors/contract/limits.ts';

const start = Date.UTC(2026, 10, 21, 12);
const after = (seconds: number) => new Date(start + seconds * 1000);
const burst: RateWindow = { name: 'burst', seconds: 10, requests: 5 };
const daily: RateWindow = { name: 'daily', seconds: 86_400, requests: 1000 };
const state = (
  window: RateWindow,
  used: number,
  begun = 0,
  ceiling: number | null = null,
): WindowState => ({ window: window.name, startedAt: after(begun), used, ceiling });

const windows = fc.uniqueArray(
  fc.record({
    name: fc.constantFrom('second', 'minute', 'day'),
    seconds: fc.integer({ min: 1, max: 100 }),
    requests: fc.integer({ min: 1, max: 400 }),
  }),
  { selector: ({ name }) => name, minLength: 1 },
);
const steps = fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 200 });

describe('taking units', () => {
  it('never gives more than a window holds, gives from all or from none, and refuses only when one is empty', () => {
    fc.assert(
      fc.property(windows, steps, (declared, waits) => {
        let [states, at]: [WindowState[], number] = [[], start];
        const model = new Map<string, { from: number; given: number }>(
          declared.map(({ name }) => [name, { from: Number.NEGATIVE_INFINITY, given: 0 }]),
        );
        for (const wait of waits) {
          at += wait;
          const ends = ({ name, seconds }: RateWindow) =>
            (model.get(name)?.from ?? 0) + seconds * 1000;
          for (const window of declared)
            if (ends(window) <= at) model.set(window.name, { from: at, given: 0 });
          const take = allocateUnits(declared, states, new Date(at));
          const full = declared.filter(
            ({ name, requests }) => (model.get(name)?.given ?? 0) >= requests,
          );
          if (take.kind === 'empty') {
            expect(take.until.getTime()).toBe(Math.max(...full.map(ends)));
            // Windows begin with the first unit out of them: those of this model have not begun.
            for (const window of model.values())
              if (window.given === 0) window.from = Number.NEGATIVE_INFINITY;
            continue;
          }
          expect(full).toEqual([]);
          expect(take.units).toBeGreaterThanOrEqual(1);
          for (const { name, requests } of declared) {
            const window = model.get(name) ?? { from: 0, given: 0 };
            expect(take.units).toBeLessThanOrEqual(
              Math.max(1, Math.min(10, (requests - window.given) / 20)),
            );
            window.given += take.units;
            expect(window.given).toBeLessThanOrEqual(requests);
          }
          expect(take.until.getTime()).toBe(Math.min(...declared.map(ends)));
          states = take.states;
        }
      }),
    );
  });

  it('takes the last ones one by one, and says when a window that is empty begins anew', () => {
    let states: WindowState[] = [];
    for (let used = 1; used <= 5; used += 1) {
      const take = allocateUnits([burst, daily], states, after(used));
      if (take.kind !== 'taken') throw new Error('empty too early');
      states = take.states;
      expect(states.map((one) => one.used)).toEqual([used, used]);
    }
    expect(allocateUnits([burst, daily], states, after(6))).toEqual({
      kind: 'empty',
      window: burst,
      until: after(11),
    });
    expect(allocateUnits([burst, daily], states, after(11))).toMatchObject({
      kind: 'taken',
      states: [{ used: 1, startedAt: after(11) }, { used: 6 }],
    });
    expect(
      allocateUnits([burst, daily], [state(burst, 5), state(daily, 1000)], after(1)),
    ).toMatchObject({ kind: 'empty', window: daily, until: after(86_400) });
  });

  it('bears a clock that was put back: the window gets no longer', () => {
    expect(allocateUnits([burst], [state(burst, 5, 3600)], after(0))).toMatchObject({
      kind: 'empty',
      until: after(10),
    });
  });
});

describe('what a response says of a window', () => {
  const apply = (known: WindowState | undefined, reading: Partial<WindowReading>, at = 1) =>
    applyReading(daily, known, { window: 'daily', remaining: 500, ...reading }, after(at));

  it('lowers what is left, and never raises it', () => {
    expect(apply(state(daily, 100), {})).toEqual(state(daily, 500));
    expect(apply(state(daily, 600), {})).toBeUndefined();
    fc.assert(
      fc.property(fc.nat(1000), fc.integer({ min: -5, max: 2000 }), (used, remaining) => {
        const next = apply(state(daily, used), { remaining }) ?? state(daily, used);
        expect(next.used).toBe(Math.max(used, Math.min(Math.max(1000 - remaining, 0), 1000)));
      }),
    );
  });

  it('teaches the ceiling, which may give more or less than the declared one', () => {
    expect(apply(state(daily, 100), { ceiling: 5000, remaining: 4900 })).toEqual(
      state(daily, 100, 0, 5000),
    );
    expect(apply(state(daily, 100), { ceiling: 50, remaining: 20 })).toEqual(
      state(daily, 100, 0, 50),
    );
    for (const ceiling of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(apply(state(daily, 600), { ceiling })).toBeUndefined();
    expect(apply(state(daily, 0), { ceiling: 1e12, remaining: 1e12 })).toMatchObject({
      ceiling: 2_147_483_647,
    });
  });

  it('moves the window to where the source has it, for more than rounding', () => {
    expect(apply(state(daily, 600), { resetsAt: after(3600) })).toEqual(
      state(daily, 600, 3600 - 86_400),
    );
    expect(apply(state(daily, 600), { resetsAt: after(86_000) })).toBeUndefined();
    expect(apply(state(daily, 600, -1000), { resetsAt: after(10 * 86_400) })).toEqual(
      state(daily, 600, 1),
    );
  });

  it('counts for the window that it belongs to: a new one begins with it, an old one is over', () => {
    const yesterday = state(daily, 1000, -86_400);
    expect(apply(yesterday, { remaining: 990, resetsAt: after(86_400) })).toEqual(
      state(daily, 10, 1),
    );
    expect(apply(yesterday, { remaining: 0 })).toBeUndefined();
    expect(apply(state(daily, 3), { remaining: 0, resetsAt: after(0) })).toBeUndefined();
    expect(
      apply(state(daily, 3), { remaining: Number.NaN, resetsAt: new Date(Number.NaN) }),
    ).toBeUndefined();
  });

  it('is significant: not when others are a batch ahead, but when little is left', () => {
    const news = (used: number, remaining: number) =>
      isSignificant(daily, state(daily, used), { window: 'daily', remaining }, after(1));
    expect([news(100, 895), news(100, 700), news(985, 14), news(985, 15), news(999, 0)]).toEqual([
      false,
      true,
      true,
      false,
      true,
    ]);
  });
});

describe('a pause', () => {
  it('is as long as the source says, and a longer one stays', () => {
    expect(computeNextPause({ until: null, strikes: 0 }, { ms: 5000 }, after(0)).until).toEqual(
      after(5),
    );
    expect(
      computeNextPause({ until: after(60), strikes: 0 }, { ms: 5000 }, after(0)).until,
    ).toEqual(after(60));
    expect(computeNextPause({ until: null, strikes: 0 }, { ms: -5000 }, after(0)).until).toEqual(
      after(0),
    );
  });

  it('grows to a minute when the source does not say, and is short again after a while', () => {
    let [pause, at]: [{ until: Date | null; strikes: number }, Date] = [
      { until: null, strikes: 0 },
      after(0),
    ];
    const lengths: number[] = [];
    for (let time = 0; time < 9; time += 1) {
      const next = computeNextPause(pause, { firstMs: 1000 }, at);
      expect(
        computeNextPause(next, { firstMs: 1000 }, at),
        'all who were under way get the same',
      ).toEqual(next);
      lengths.push((next.until.getTime() - at.getTime()) / 1000);
      [pause, at] = [next, next.until];
    }
    expect(lengths).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    expect(
      computeNextPause(pause, { firstMs: 1000 }, new Date(at.getTime() + 60_000)).until.getTime() -
        at.getTime(),
    ).toBe(61_000);
  });
});

describe('the words', () => {
  it('say why and until when', () => {
    expect(
      createRateLimitError('HubSpot', { kind: 'empty', window: daily, until: after(30) }),
    ).toMatchObject({
      kind: 'rate_limited',
      until: after(30),
      unsent: true,
      message:
        'All requests that HubSpot allows in a day are used up. We will continue automatically at 2026-11-21 12:01 UTC.',
    });
    expect(
      createRateLimitError('HubSpot', {
        kind: 'empty',
        window: { ...burst, seconds: 900 },
        until: after(0),
      }).message,
    ).toContain('in 15 minutes are used up');
    expect(createRateLimitError('HubSpot', { kind: 'paused', until: after(60) }).message).toBe(
      'HubSpot asked us to slow down. We will continue automatically at 2026-11-21 12:01 UTC.',
    );
  });
});
