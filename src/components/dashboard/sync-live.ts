import { toast } from '../ui/toast.ts';
import { formatProgress } from './freshness.ts';
import { getOwn } from '#lib/platform/own.ts';

/** Milliseconds between two looks at a sync under way. */
const intervalMs = 2000;

/**
 * So many looks without a sign of the sync that was asked for, a minute, and the page stops
 * waiting.
 */
const maxLooks = 30;

interface Status {
  lastSyncAt: string | null;
  status: string;
  sources: unknown[];
  running: { stream: string | null; fetched: number } | null;
}

/**
 * Follows a sync to its end. `before` is what the status was when it was asked for: a worker may
 * not have taken it up yet.
 */
function followSync(banner: HTMLElement, before: Status | null): void {
  banner.dataset['state'] = 'running';
  let polls = 0;
  let hasStarted = before === null;
  const timer = setInterval(() => void poll(), intervalMs);
  /**
   * A failed look says nothing: the next one may succeed, and the page still tells its own
   * freshness.
   */
  const poll = async () => {
    const status = await readStatus(banner);
    polls += 1;
    if (status === null) return;
    if (status.running) {
      hasStarted = true;
      return setText(banner, formatProgress(status.running));
    }
    hasStarted ||= JSON.stringify(status) !== JSON.stringify(before);
    if (!hasStarted && polls < maxLooks) return;
    clearInterval(timer);
    showFinished(banner, hasStarted ? status.status : 'waiting');
  };
}

async function readStatus(banner: HTMLElement): Promise<Status | null> {
  const response = await fetch(banner.dataset['sync'] ?? '', {
    headers: { accept: 'application/json' },
  }).catch(() => null);
  return response?.ok ? ((await response.json()) as Status) : null;
}

function setText(banner: HTMLElement, text: string): void {
  const line = banner.querySelector('[data-sync-text]');
  if (line && line.textContent !== text) line.textContent = text;
}

const endMessages: Record<string, [string, string]> = {
  failed: ['The sync failed. ', 'See what happened'],
  waiting: ['The sync has not started yet. ', 'Check again'],
};

/** Offers the new data instead of showing it: the reader may be in the middle of something. */
function showFinished(banner: HTMLElement, status: string): void {
  const [text, offer] = getOwn(endMessages, status) ?? [
    'The sync has finished. ',
    'Show the new data',
  ];
  banner.dataset['state'] = status;
  banner.querySelector('[data-sync-detail]')?.remove();
  setText(banner, text);
  const link = document.createElement('a');
  link.className = 'link';
  link.href = location.href;
  link.textContent = offer;
  banner.querySelector('[data-sync-text]')?.append(link);
}

async function startSync(form: HTMLFormElement, banner: HTMLElement): Promise<void> {
  const button = form.querySelector('button');
  if (button) button.disabled = true;
  const before = await readStatus(banner);
  const response = await fetch(form.action, {
    method: 'POST',
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: '{}',
  }).catch(() => null);
  // 409: one is running already, which is what was asked for.
  if (response?.ok || response?.status === 409) {
    setText(banner, 'Waiting for the sync to start');
    return followSync(banner, before);
  }
  if (button) button.disabled = false;
  toast('The sync could not be started. Try again in a minute.');
}

for (const banner of document.querySelectorAll<HTMLElement>('[data-sync]')) {
  if (banner.dataset['state'] === 'running') followSync(banner, null);
  banner
    .querySelector<HTMLFormElement>('[data-sync-start]')
    ?.addEventListener('submit', (event) => {
      event.preventDefault();
      void startSync(event.currentTarget as HTMLFormElement, banner);
    });
}
