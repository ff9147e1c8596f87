import { surveyAll } from '../health/survey.ts';
import { log } from '../../platform/log.ts';
import { diffAlerts, evaluateRules } from './changes.ts';
import { listChannels } from './channels.ts';
import { deliverPending } from './deliver.ts';
import { rules } from './rules.ts';
import { applyChanges, listOpenAlerts } from './store.ts';

/** The most alerts that one check logs; the page and the metrics show all. */
const maxLogged = 20;

/** Evaluates the rules, stores which alerts opened and recovered, and sends the notifications. */
export async function checkAlerts(now = new Date()): Promise<void> {
  const channels = listChannels();
  const found = evaluateRules(rules, await surveyAll(now));
  const changes = diffAlerts(await listOpenAlerts(), found);
  await applyChanges(
    changes,
    channels.map(({ name }) => name),
  );
  for (const { rule, message } of changes.opened.slice(0, maxLogged))
    log.warn({ event: 'alert.opened', kind: rule, reason: message }, 'Alert');
  log.debug(
    { event: 'alert.checked', count: changes.opened.length + changes.seen.length },
    'Checked the alert rules',
  );
  for (const channel of channels) await deliverPending(channel);
}
