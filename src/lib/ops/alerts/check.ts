import { surveyAll } from '../health/survey.ts';
import { log } from '../../platform/log.ts';
import { changesOf, findAll } from './changes.ts';
import { configuredChannels } from './channels.ts';
import { deliverOn } from './deliver.ts';
import { rules } from './rules.ts';
import { applyChanges, openAlerts } from './store.ts';

/** The page and the metrics tell of all of them. */
const mostLogged = 20;

/** Looks for trouble, writes down what began and what is over, and tells operators of it. */
export async function checkAlerts(now = new Date()): Promise<void> {
  const channels = configuredChannels();
  const found = findAll(rules, await surveyAll(now));
  const changes = changesOf(await openAlerts(), found);
  await applyChanges(
    changes,
    channels.map(({ name }) => name),
  );
  for (const { rule, message } of changes.opened.slice(0, mostLogged))
    log.warn({ event: 'alert.opened', kind: rule, reason: message }, 'Alert');
  log.debug(
    { event: 'alert.checked', count: changes.opened.length + changes.seen.length },
    'Looked for trouble',
  );
  for (const channel of channels) await deliverOn(channel);
}
