import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  claimProbe,
  closedCircuit,
  defaultRules,
  applyFailure,
  applyReopen,
  applySuccess,
  type Circuit,
  type TransitionContext,
} from '../../src/lib/connections/circuit/machine.ts';

const start = Date.UTC(2026, 10, 21, 12);
const rules = defaultRules;
const turn = (seconds: number, chance = 0): TransitionContext => ({
  at: new Date(start + seconds * 1000),
  rules,
  chance,
});
const events = fc.array(
  fc.record({
    kind: fc.constantFrom(
      'failure',
      'failure',
      'success',
      'claim',
      'insist',
      'probe failed',
      'probe succeeded',
    ),
    wait: fc.integer({ min: 0, max: 4000 }),
    chance: fc.double({ min: 0, max: 1, noNaN: true }),
  }),
  { maxLength: 150 },
);

function step(circuit: Circuit, kind: string, now: TransitionContext): Circuit {
  if (kind === 'failure') return applyFailure(circuit, 'down', now);
  if (kind === 'success') return applySuccess(circuit);
  if (kind === 'probe failed') return applyReopen(circuit, 'still down', now);
  if (kind === 'probe succeeded') return closedCircuit;
  return claimProbe(circuit, now, kind === 'insist') ?? circuit;
}

describe('the circuit', () => {
  it('opens after so many failures in a row and only then, and gives one probe at a time', () => {
    fc.assert(
      fc.property(events, (list) => {
        let [circuit, seconds, inARow]: [Circuit, number, number] = [closedCircuit, 0, 0];
        for (const { kind, wait, chance } of list) {
          seconds += wait;
          const now = turn(seconds, chance);
          const before = circuit;
          circuit = step(before, kind, now);
          if (before.state === 'closed') {
            inARow =
              kind === 'failure'
                ? inARow + 1
                : kind === 'success' || kind === 'probe succeeded'
                  ? 0
                  : inARow;
            expect(circuit.state).toBe(inARow >= rules.failures ? 'open' : 'closed');
          } else if (kind !== 'probe succeeded') {
            expect(circuit.state, 'only a probe closes').not.toBe('closed');
            expect(circuit.openedAt).toEqual(before.openedAt);
          }
          if (before.state === 'half_open' && kind === 'insist' && circuit !== before)
            expect(before.probeAt?.getTime()).toBeLessThanOrEqual(now.at.getTime());
          if (before.state === 'open' && circuit.state === 'half_open')
            expect(kind === 'insist' || (before.probeAt ?? now.at) <= now.at).toBe(true);
          if (circuit.state === 'closed')
            expect(circuit).toMatchObject({ openedAt: null, probeAt: null, openings: 0 });
          else inARow = 0;
          if (circuit.state === 'open' && before.state !== 'open') {
            const waited = ((circuit.probeAt?.getTime() ?? 0) - now.at.getTime()) / 1000;
            const asked = Math.min(60 * 2 ** (circuit.openings - 1), 3600);
            expect(waited).toBeGreaterThanOrEqual(asked);
            expect(waited).toBeLessThanOrEqual(asked * 1.1);
            expect(circuit.openings).toBe(before.openings + 1);
          }
        }
      }),
    );
  });

  it('waits a minute, then twice as long each time, an hour at most', () => {
    let circuit = closedCircuit;
    for (let time = 0; time < 8; time += 1) circuit = applyFailure(circuit, 'down', turn(0));
    const waits: number[] = [];
    for (let [time, seconds] = [0, 0]; time < 8; time += 1) {
      waits.push((circuit.probeAt?.getTime() ?? 0) / 1000 - start / 1000 - seconds);
      seconds = (circuit.probeAt?.getTime() ?? 0) / 1000 - start / 1000;
      expect(claimProbe(circuit, turn(seconds - 1), false)).toBeUndefined();
      circuit = applyReopen(
        claimProbe(circuit, turn(seconds), false) ?? circuit,
        'down',
        turn(seconds),
      );
    }
    expect(waits).toEqual([60, 120, 240, 480, 960, 1920, 3600, 3600]);
  });

  it('gives a probe that says nothing to another after two minutes', () => {
    const open: Circuit = {
      ...closedCircuit,
      state: 'open',
      openings: 1,
      openedAt: turn(0).at,
      probeAt: turn(60).at,
    };
    const first = claimProbe(open, turn(60), false);
    expect(first).toMatchObject({ state: 'half_open', probeAt: turn(180).at });
    expect(claimProbe(first ?? open, turn(179), true)).toBeUndefined();
    expect(claimProbe(first ?? open, turn(180), false)).toMatchObject({
      state: 'half_open',
      probeAt: turn(300).at,
    });
    expect(applyFailure(first ?? open, 'late', turn(61))).toBe(first);
    expect(applySuccess(first ?? open)).toBe(first);
  });
});
