import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rules } from '#lib/ops/alerts/rules.ts';
import {
  areDeadLettersGrowing,
  isBacklog,
  isFailureRateHigh,
  isOverdue,
  countWaitingJobs,
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
        expect(countWaitingJobs(depths)).toBe(waiting);
      }),
    );
    expect([100, 101].map(isBacklog)).toEqual([false, true]);
  });

  it('a job that failed within an hour, or ten rejected records', () => {
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
    ['a failed job', survey({}, { newDeadLetters: 1 }), ['dead-letters tenant:t1']],
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
      '20 of the 20 syncs that finished within the last hour failed (clienttether ' +
        '20 of 20). The pages of the workspaces show the reasons.',
      'One, CT rejects its credentials, or its token could not be refreshed: The token was ' +
        'refused. An admin can reconnect it under Settings, Connections.',
      'One: 1 job and 12 records failed within the last hour and need attention.',
    ]);
  });
});
