import { config } from '../../platform/config.ts';
import type { PeriodicTask } from '../../platform/periodic/run.ts';
import { checkAlerts } from './check.ts';

/** The periodic alert check, which the workers share. */
export function checkAlertsTask(): PeriodicTask {
  return {
    name: 'check-alerts',
    everyMs: config().ALERT_CHECK_SECONDS * 1000,
    run: () => checkAlerts(),
  };
}

/**
 * The alert check of the web process. It runs only when no worker has checked for three intervals,
 * because then nothing else would report that there is no worker.
 */
export function fallbackAlertsTask(): PeriodicTask {
  const task = checkAlertsTask();
  return { ...task, takeoverMs: task.everyMs * 3 };
}
