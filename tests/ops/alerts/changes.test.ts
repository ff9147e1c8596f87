import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffAlerts, type FoundAlert, type OpenAlert } from '#lib/ops/alerts/changes.ts';
import { planNotices, type PendingNotice } from '#lib/ops/alerts/notices.ts';

const now = new Date('2026-11-20T12:00:00Z');
const ago = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000);
const ids = fc.integer({ min: 0, max: 30 }).map(String);

describe('what a check changes', () => {
  const alert = fc.record({ rule: fc.constantFrom('a', 'b'), subject: ids });
  const unique = <Item extends { rule: string; subject: string }>(arbitrary: fc.Arbitrary<Item>) =>
    fc.uniqueArray(arbitrary, { selector: ({ rule, subject }) => `${rule} ${subject}` });
  const open = unique(
    alert.chain((one) =>
      fc.constantFrom(0, 1).map((absentChecks): OpenAlert => ({
        ...one,
        id: `${one.rule}${one.subject}`,
        absentChecks,
      })),
    ),
  );
  const findings = unique(
    alert.map((one): FoundAlert => ({ ...one, severity: 'warning', message: 'm' })),
  );

  it('puts each open alert in one place, opens the new, and ends what was absent twice', () => {
    fc.assert(
      fc.property(open, findings, (before, now) => {
        const { opened, seen, absent, recovered } = diffAlerts(before, now);
        const places = [...seen.map(({ id }) => id), ...absent, ...recovered];
        expect(places.toSorted()).toEqual(before.map(({ id }) => id).toSorted());
        expect(opened.length + seen.length).toBe(now.length);
        const isFound = (one: OpenAlert) =>
          now.some(({ rule, subject }) => rule === one.rule && subject === one.subject);
        const idsOf = (alerts: OpenAlert[]) => alerts.map(({ id }) => id);
        expect(seen.map(({ id }) => id)).toEqual(idsOf(before.filter(isFound)));
        const gone = before.filter((one) => !isFound(one));
        expect(absent).toEqual(idsOf(gone.filter(({ absentChecks }) => absentChecks === 0)));
        expect(recovered).toEqual(idsOf(gone.filter(({ absentChecks }) => absentChecks === 1)));
      }),
    );
  });

  it('never ends and opens the same within two checks, however a condition flickers', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 40 }), (appearances) => {
        let current: OpenAlert | undefined;
        let absences = 0;
        for (const appears of appearances) {
          absences = appears ? 0 : absences + 1;
          const changes = diffAlerts(
            current === undefined ? [] : [current],
            appears ? [{ rule: 'a', subject: 's', severity: 'warning', message: 'm' }] : [],
          );
          if (changes.recovered.length > 0) expect(absences).toBeGreaterThanOrEqual(2);
          if (changes.opened.length > 0)
            current = { id: '1', rule: 'a', subject: 's', absentChecks: 0 };
          else if (current !== undefined)
            current =
              changes.recovered.length > 0
                ? undefined
                : {
                    ...current,
                    absentChecks: changes.absent.length > 0 ? current.absentChecks + 1 : 0,
                  };
        }
      }),
    );
  });
});

describe('messages', () => {
  const pending = (
    count: number,
    rule = 'stream-stale',
    notice: PendingNotice['notice'] = 'opened',
  ): PendingNotice[] =>
    Array.from({ length: count }, (_, index) => ({
      id: `${rule}${notice}${index}`,
      notice,
      rule,
      severity: 'warning',
      subject: `s${index}`,
      message: 'm',
      openedAt: now,
      recoveredAt: null,
    }));

  it('are at most twenty for a rule and an event, and tell all after a silence', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.nat(60), fc.nat(60), (opened, recovered, stillOpen) => {
        const all = [
          ...pending(opened),
          ...pending(recovered, 'stream-stale', 'recovered'),
          ...pending(1, 'queue-backlog'),
        ];
        const notices = planNotices(
          all,
          (rule) => ({ open: rule === 'stream-stale' ? stillOpen : 1, lastSentAt: null }),
          now,
        );
        expect(notices.flatMap(({ alerts }) => alerts.map(({ id }) => id)).toSorted()).toEqual(
          all.map(({ id }) => id).toSorted(),
        );
        for (const kind of ['opened', 'recovered'])
          expect(
            notices.filter((notice) => notice.kind === kind && notice.rule === 'stream-stale')
              .length,
          ).toBeLessThanOrEqual(20);
      }),
    );
  });

  it('about a crowd come together, and a quarter of an hour apart', () => {
    const crowd = (open: number, minutes: number | null) =>
      planNotices(
        pending(3),
        () => ({ open, lastSentAt: minutes === null ? null : ago(minutes) }),
        now,
      ).map(({ alerts }) => alerts.length);
    expect([crowd(20, 1), crowd(21, null), crowd(21, 14), crowd(21, 15)]).toEqual([
      [1, 1, 1],
      [3],
      [],
      [3],
    ]);
  });
});
