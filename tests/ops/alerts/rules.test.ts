import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesOf, type Found, type OpenAlert } from '#lib/ops/alerts/changes.ts';
import { planNotices, type Pending } from '#lib/ops/alerts/notices.ts';
import { rules } from '#lib/ops/alerts/rules.ts';
import {
  areDeadLettersGrowing,
  isBacklog,
  isFailureRateHigh,
  isOverdue,
  pendingOf,
} from '#lib/ops/alerts/thresholds.ts';
import type { ConnectionSurvey, Survey, TenantSurvey } from '#lib/ops/health/survey.ts';

const now = new Date('2026-11-20T12:00:00Z');
const ago = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000);
const ids = fc.integer({ min: 0, max: 30 }).map(String);

describe('thresholds', () => {
  it('more than a tenth of at least ten runs failed', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), (a, b) => {
        const [finished, failed] = [Math.max(a, b), Math.min(a, b)];
        expect(isFailureRateHigh({ finished, failed })).toBe(
          finished >= 10 && failed * 10 > finished,
        );
      }),
    );
    expect(
      [
        { finished: 9, failed: 9 },
        { finished: 10, failed: 1 },
        { finished: 10, failed: 2 },
        { finished: 0, failed: 0 },
      ].map(isFailureRateHigh),
    ).toEqual([false, false, true, false]);
  });

  it('more than a hundred jobs that could run wait, over all queues; others do not count', () => {
    const depth = fc.record({
      queue: ids,
      state: fc.constantFrom(
        'waiting' as const,
        'scheduled' as const,
        'active' as const,
        'failed' as const,
      ),
      count: fc.nat(80),
    });
    fc.assert(
      fc.property(fc.array(depth), (depths) => {
        const waiting = depths
          .filter(({ state }) => state === 'waiting')
          .reduce((sum, { count }) => sum + count, 0);
        expect(pendingOf(depths)).toBe(waiting);
      }),
    );
    expect([100, 101].map(isBacklog)).toEqual([false, true]);
  });

  it('a job given up within an hour, or ten records set aside', () => {
    const grown = (newDeadLetters: number, newRecordErrors: number) =>
      areDeadLettersGrowing({ newDeadLetters, newRecordErrors });
    expect([grown(0, 0), grown(0, 9), grown(0, 10), grown(1, 0)]).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  it('due for more than ten minutes', () => {
    expect([isOverdue(ago(10), now), isOverdue(ago(10.1), now), isOverdue(ago(-60), now)]).toEqual([
      false,
      true,
      false,
    ]);
  });
});

const healthy = (change: Partial<ConnectionSurvey> = {}): ConnectionSurvey => ({
  id: 'c1',
  provider: 'clienttether',
  label: 'CT',
  status: 'active',
  statusReason: null,
  since: ago(10_000),
  dueAt: ago(-30),
  held: false,
  circuitReason: null,
  streams: [
    { name: 'clients', freshAt: ago(30) },
    { name: 'notes', freshAt: ago(119) },
  ],
  finishedRuns: 3,
  failedRuns: 0,
  ...change,
});
const survey = (
  connection: Partial<ConnectionSurvey> = {},
  tenant: Partial<TenantSurvey> = {},
  rest: Partial<Survey> = {},
): Survey => ({
  now,
  queues: [],
  tenants: [
    {
      id: 't1',
      slug: 'one',
      name: 'One',
      newDeadLetters: 0,
      newRecordErrors: 0,
      connections: [healthy(connection)],
      ...tenant,
    },
  ],
  ...rest,
});
const found = (what: Survey): string[] =>
  rules.flatMap(({ name, find }) => find(what).map(({ subject }) => `${name} ${subject}`));

describe('rules', () => {
  it('find nothing where all is well, and nothing where there is nothing', () => {
    expect(found(survey())).toEqual([]);
    expect(found({ now, queues: [], tenants: [] })).toEqual([]);
  });

  it.each<[string, Survey, string[]]>([
    ['runs that fail', survey({ finishedRuns: 20, failedRuns: 3 }), ['failure-rate installation']],
    [
      'a backlog',
      survey({}, {}, { queues: [{ queue: 'sync-connection', state: 'waiting', count: 101 }] }),
      ['queue-backlog installation'],
    ],
    [
      'syncs ahead',
      survey({}, {}, { queues: [{ queue: 'sync-connection', state: 'scheduled', count: 900 }] }),
      [],
    ],
    [
      'refused credentials, whose data is old too',
      survey({ status: 'needs_reconnect', streams: [{ name: 'clients', freshAt: ago(300) }] }),
      ['needs-reconnect connection:c1'],
    ],
    [
      'an open circuit',
      survey({ circuitReason: 'It answered 503.' }),
      ['circuit-open connection:c1'],
    ],
    ['a job set aside', survey({}, { newDeadLetters: 1 }), ['dead-letters tenant:t1']],
    [
      'one old stream',
      survey({
        streams: [
          { name: 'clients', freshAt: ago(121) },
          { name: 'notes', freshAt: ago(1) },
        ],
      }),
      ['stream-stale stream:c1/clients'],
    ],
    [
      'a stream never read',
      survey({ since: ago(121), streams: [{ name: 'clients', freshAt: null }] }),
      ['stream-stale stream:c1/clients'],
    ],
    [
      'a stream not read yet',
      survey({ since: ago(119), streams: [{ name: 'clients', freshAt: null }] }),
      [],
    ],
    [
      'a due connection that nobody takes up',
      survey({ dueAt: ago(11) }),
      ['worker-absent installation'],
    ],
    ['one that a worker has in hand', survey({ dueAt: ago(300), held: true }), []],
    [
      'a paused connection, whatever is the matter with it',
      survey({
        status: 'paused',
        dueAt: ago(900),
        circuitReason: 'x',
        streams: [{ name: 'clients', freshAt: ago(900) }],
      }),
      [],
    ],
  ])('%s', (_what, what, expected) => {
    expect(found(what)).toEqual(expected);
  });

  it('say in each message what is wrong, in words', () => {
    const worst = survey(
      {
        status: 'needs_reconnect',
        statusReason: 'The token was refused.',
        finishedRuns: 20,
        failedRuns: 20,
      },
      { newDeadLetters: 1, newRecordErrors: 12 },
    );
    const messages = rules.flatMap(({ find }) => find(worst).map(({ message }) => message));
    expect(messages).toEqual([
      '20 of the 20 syncs that ended within the last hour failed (clienttether ' +
        "20 of 20). Look at the reasons on the workspaces' pages.",
      'One, CT refuses its credentials or its token could not be refreshed: The token was ' +
        'refused. An admin connects it again under Settings, Connections.',
      'One: within the last hour 1 job and 12 records were set ' +
        'aside and wait for somebody to look at them.',
    ]);
  });
});

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
    alert.map((one): Found => ({ ...one, severity: 'warning', message: 'm' })),
  );

  it('puts each open alert in one place, opens the new, and ends what was absent twice', () => {
    fc.assert(
      fc.property(open, findings, (before, now) => {
        const { opened, seen, absent, recovered } = changesOf(before, now);
        const places = [...seen.map(({ id }) => id), ...absent, ...recovered];
        expect(places.toSorted()).toEqual(before.map(({ id }) => id).toSorted());
        expect(opened.length + seen.length).toBe(now.length);
        for (const { id, absentChecks } of before)
          if (recovered.includes(id)) expect(absentChecks).toBe(1);
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
          const changes = changesOf(
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
    notice: Pending['notice'] = 'opened',
  ): Pending[] =>
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
