import type { Notice } from '../ui/form-state.ts';
import { getOwn } from '#lib/platform/own.ts';

interface LeadsNotice extends Notice {
  /** Leads to the rows that it is about. */
  show?: { label: string; push: string };
}

const notices: Record<string, LeadsNotice> = {
  'view-saved': { tone: 'good', text: 'View saved. You can find it in the menu above the list.' },
  'view-renamed': { tone: 'good', text: 'View renamed.' },
  'view-deleted': { tone: 'good', text: 'View deleted.' },
  'pushing-all': {
    tone: 'good',
    text: 'All matching leads are being pushed. The list shows their status.',
    show: { label: 'Show failed pushes', push: 'failed' },
  },
  'pushing-already': {
    tone: 'warn',
    text: 'These leads are already being pushed. The list shows their status.',
    show: { label: 'Show failed pushes', push: 'failed' },
  },
};

/** What the page says after something was done; `done` is the parameter of its address. */
export function leadsNotice(done: string | null): LeadsNotice | undefined {
  const tally = /^pushed-(\d{1,6})-(\d{1,6})-(\d{1,6})$/
    .exec(done ?? '')
    ?.slice(1)
    .map(Number);
  if (tally === undefined) return getOwn(notices, done ?? '');
  const [queued = 0, waiting = 0, refused = 0] = tally;
  const parts = [
    `${queued} queued`,
    waiting > 0 && `${waiting} already waiting`,
    refused > 0 && `${refused} not sent, because they come from this CRM or were deleted`,
  ];
  return {
    tone: refused > 0 ? 'warn' : 'good',
    text: `Push: ${parts.filter(Boolean).join(', ')}.`,
    show: { label: 'Show failed pushes', push: 'failed' },
  };
}
