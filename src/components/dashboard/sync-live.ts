import { toast } from '../ui/toast.ts';
import { progress } from './freshness.ts';

/** Milliseconds between two looks at a sync under way. */
const interval = 2000;

interface Status {
  status: string;
  running: { stream: string | null; fetched: number } | null;
}

function follow(banner: HTMLElement): void {
  banner.dataset['state'] = 'running';
  const timer = setInterval(() => void look(banner, () => clearInterval(timer)), interval);
}

/** Looks once. A failed look says nothing: the next one may succeed, and the page still tells its own freshness. */
async function look(banner: HTMLElement, stop: () => void): Promise<void> {
  const response = await fetch(banner.dataset['sync'] ?? '', { headers: { accept: 'application/json' } }).catch(() => null);
  if (!response?.ok) return;
  const status = (await response.json()) as Status;
  if (status.running) return say(banner, progress(status.running));
  stop();
  finish(banner, status.status);
}

function say(banner: HTMLElement, text: string): void {
  const line = banner.querySelector('[data-sync-text]');
  if (line && line.textContent !== text) line.textContent = text;
}

/** Offers the new data instead of showing it: the reader may be in the middle of something. */
function finish(banner: HTMLElement, status: string): void {
  banner.dataset['state'] = status;
  banner.querySelector('[data-sync-detail]')?.remove();
  say(banner, status === 'failed' ? 'The sync failed. ' : 'The sync has finished. ');
  const link = document.createElement('a');
  link.className = 'link';
  link.href = location.href;
  link.textContent = status === 'failed' ? 'Show what happened' : 'Show the new data';
  banner.querySelector('[data-sync-text]')?.append(link);
}

async function start(form: HTMLFormElement, banner: HTMLElement): Promise<void> {
  const button = form.querySelector('button');
  if (button) button.disabled = true;
  const response = await fetch(form.action, { method: 'POST', headers: { accept: 'application/json', 'content-type': 'application/json' }, body: '{}' }).catch(() => null);
  // 409: one is running already, which is what was asked for.
  if (response?.ok || response?.status === 409) {
    say(banner, 'Syncing');
    return follow(banner);
  }
  if (button) button.disabled = false;
  toast('The sync could not be started. Try again in a minute.');
}

for (const banner of document.querySelectorAll<HTMLElement>('[data-sync]')) {
  if (banner.dataset['state'] === 'running') follow(banner);
  banner.querySelector<HTMLFormElement>('[data-sync-start]')?.addEventListener('submit', (event) => {
    event.preventDefault();
    void start(event.currentTarget as HTMLFormElement, banner);
  });
}
