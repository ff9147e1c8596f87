import { computeAges, staleAfterHours } from '../health/ages.ts';
import type { ConnectionSurvey, Survey, TenantSurvey } from '../health/survey.ts';
import {
  areDeadLettersGrowing,
  isBacklog,
  isFailureRateHigh,
  isOverdue,
  countWaitingJobs,
} from './thresholds.ts';

export type Severity = 'warning' | 'critical';

/**
 * A finding of a rule: its subject (see the column `subject` of `alerts`), and a message that says
 * what is wrong and what to do.
 */
export interface Finding {
  subject: string;
  message: string;
}

export interface Rule {
  name: string;
  /** The condition in a few words. */
  title: string;
  severity: Severity;
  find(survey: Survey): Finding[];
}

/** All alert rules. docs/operations/monitoring.md lists their names. */
export const rules: readonly Rule[] = [
  {
    name: 'failure-rate',
    title: 'Many syncs are failing',
    severity: 'critical',
    find: ({ tenants }) => {
      const total = sumRuns(flattenConnections(tenants));
      if (!isFailureRateHigh(total)) return [];
      return toInstallationFinding(
        `${total.failed} of the ${total.finished} syncs that finished within the last hour ` +
          `failed (${formatFailuresByProvider(tenants)}). ` +
          'The pages of the workspaces show the reasons.',
      );
    },
  },
  {
    name: 'queue-backlog',
    title: 'Jobs are piling up',
    severity: 'warning',
    find: ({ queues }) => {
      const pending = countWaitingJobs(queues);
      return isBacklog(pending)
        ? toInstallationFinding(
            `${pending} jobs are waiting for a worker. ` +
              'Start more workers, or raise SYNC_CONCURRENCY.',
          )
        : [];
    },
  },
  {
    name: 'worker-absent',
    title: 'Due syncs are not running',
    severity: 'critical',
    find: ({ tenants, now }) => {
      const overdue = flattenConnections(tenants).filter(
        ({ status, held, dueAt }) => status === 'active' && !held && isOverdue(dueAt, now),
      );
      return overdue.length === 0
        ? []
        : toInstallationFinding(
            `${formatCount(overdue.length, 'connection')} should have been synced more than ` +
              'ten minutes ago, and no worker has picked them up. ' +
              'Check that a worker is running.',
          );
    },
  },
  {
    name: 'needs-reconnect',
    title: 'A connection must be reconnected',
    severity: 'critical',
    find: forEachConnection(({ status, statusReason }) =>
      status === 'needs_reconnect'
        ? `rejects its credentials, or its token could not be refreshed: ` +
          `${statusReason ?? 'no reason was given.'} ` +
          'An admin can reconnect it under Settings, Connections.'
        : undefined,
    ),
  },
  {
    name: 'circuit-open',
    title: 'A system is not responding',
    severity: 'warning',
    find: forEachConnection(({ circuitReason, status }) =>
      circuitReason !== null && status === 'active'
        ? `is paused for a while because too many requests failed in a row: ${circuitReason} ` +
          'Requests resume automatically.'
        : undefined,
    ),
  },
  {
    name: 'dead-letters',
    title: 'Failed records or jobs',
    severity: 'warning',
    find: ({ tenants }) =>
      tenants
        .filter(areDeadLettersGrowing)
        .map(({ id, name, newDeadLetters, newRecordErrors }) => ({
          subject: `tenant:${id}`,
          message:
            `${name}: ${formatCount(newDeadLetters, 'job')} and ` +
            `${formatCount(newRecordErrors, 'record')} failed ` +
            'within the last hour and need attention.',
        })),
  },
  {
    name: 'stream-stale',
    title: 'Data is out of date',
    severity: 'warning',
    // The rule needs-reconnect covers connections that must be reconnected, and sooner.
    find: ({ tenants, now }) =>
      computeAges(tenants, now)
        .filter(({ isStale, status }) => isStale && status === 'active')
        .map(({ tenantId, connection, label, stream, never }) => ({
          subject: `stream:${connection}/${stream}`,
          message:
            `${getTenantName(tenants, tenantId)}, ${label}, ${stream}: ` +
            (never
              ? `not yet read completely after more than ${staleAfterHours} hours.`
              : `last read completely more than ${staleAfterHours} hours ago.`),
        })),
  },
];

const toInstallationFinding = (message: string): Finding[] => [
  { subject: 'installation', message },
];

const flattenConnections = (tenants: readonly TenantSurvey[]): ConnectionSurvey[] =>
  tenants.flatMap(({ connections }) => connections);

const getTenantName = (tenants: readonly TenantSurvey[], tenantId: string): string =>
  tenants.find(({ id }) => id === tenantId)?.name ?? '';

const formatCount = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? '' : 's'}`;

/**
 * A rule about single connections: `describe` returns what is wrong with one, to follow its name.
 */
function forEachConnection(
  describe: (connection: ConnectionSurvey) => string | undefined,
): Rule['find'] {
  return ({ tenants }) =>
    tenants.flatMap(({ name, connections }) =>
      connections.flatMap((connection) => {
        const wrong = describe(connection);
        return wrong === undefined
          ? []
          : [
              {
                subject: `connection:${connection.id}`,
                message: `${name}, ${connection.label} ${wrong}`,
              },
            ];
      }),
    );
}

function sumRuns(connections: readonly ConnectionSurvey[]): { finished: number; failed: number } {
  return connections.reduce(
    (sum, { finishedRuns, failedRuns }) => ({
      finished: sum.finished + finishedRuns,
      failed: sum.failed + failedRuns,
    }),
    { finished: 0, failed: 0 },
  );
}

function formatFailuresByProvider(tenants: readonly TenantSurvey[]): string {
  const byProvider = Object.entries(
    Object.groupBy(flattenConnections(tenants), ({ provider }) => provider),
  );
  const counted = byProvider
    .map(([provider, some = []]) => ({ provider, ...sumRuns(some) }))
    .filter(({ failed }) => failed > 0);
  return counted
    .map(({ provider, failed, finished }) => `${provider} ${failed} of ${finished}`)
    .join(', ');
}
