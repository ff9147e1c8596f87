import type { Notice } from '../ui/form-state.ts';

interface LeadsNotice extends Notice {
  /** Leads to the rows that it is about. */
  show?: { label: string; push: string };
}

const notices: Record<string, LeadsNotice> = {
  'view-saved': { tone: 'good', text: 'The view is saved. It is in the menu above the list.' },
  'view-renamed': { tone: 'good', text: 'The view has its new name.' },
  'view-deleted': { tone: 'good', text: 'The view is deleted.' },
  'pushing-all': {
    tone: 'good',
    text: 'All leads that match are being pushed in the background. The list shows how each one stands.',
    show: { label: 'Show any that fail', push: 'failed' },
  },
  'pushing-already': {
    tone: 'warn',
    text: 'The same leads are being pushed already. The list shows how each one stands.',
    show: { label: 'Show any that fail', push: 'failed' },
  },
};

/** What the page says after something was done; `done` is the parameter of its address. */
export function leadsNotice(done: string | null): LeadsNotice | undefined {
  const tally = /^pushed-(\d{1,6})-(\d{1,6})-(\d{1,6})$/
    .exec(done ?? '')
    ?.slice(1)
    .map(Number);
  if (tally === undefined)
    return done !== null && Object.hasOwn(notices, done) ? notices[done] : undefined;
  const [queued = 0, waiting = 0, refused = 0] = tally;
  const parts = [
    `${queued} queued to be sent`,
    waiting > 0 && `${waiting} waiting already`,
    refused > 0 && `${refused} refused, because they come from there or are gone`,
  ];
  return {
    tone: refused > 0 ? 'warn' : 'good',
    text: `Push: ${parts.filter(Boolean).join(', ')}.`,
    show: { label: 'Show any that fail', push: 'failed' },
  };
}
