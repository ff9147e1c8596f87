import { config } from '../../platform/config.ts';
import type { PeriodicTask } from '../../platform/periodic/run.ts';
import { checkAlerts } from './check.ts';

/** The look for trouble, which the workers take turns at. */
export function checkAlertsTask(): PeriodicTask {
  return {
    name: 'check-alerts',
    everyMs: config().ALERT_CHECK_SECONDS * 1000,
    run: () => checkAlerts(),
  };
}

/**
 * The same for the web: it looks only when no worker has looked for three turns, because then
 * nobody else would tell that there is none.
 */
export function fallbackAlertsTask(): PeriodicTask {
  const task = checkAlertsTask();
  return { ...task, takeoverMs: task.everyMs * 3 };
}
