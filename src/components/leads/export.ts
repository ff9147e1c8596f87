import { count } from '../ui/format.ts';
import { toast } from '../ui/toast.ts';

/*
 * Exports with their progress: the download is read here, so that the page can say how far it is
 * and stop it. Without script, or when there is too much to hold, the browser downloads by itself.
 */
const maxRows = 200_000;
const links = document.querySelectorAll<HTMLAnchorElement>('[data-leads] a[download]');
const total = Number(document.querySelector<HTMLElement>('[data-leads]')?.dataset['leads'] ?? 0);

let running = false;

async function download(link: HTMLAnchorElement): Promise<void> {
  const stop = new AbortController();
  const indicator = showProgress(() => stop.abort());
  try {
    const response = await fetch(link.href, { signal: stop.signal });
    if (!response.ok || !response.body) return void toast(await readReason(response));
    const parts = await readStream(response.body, /\.csv(\?|$)/.test(link.href), indicator.update);
    saveFile(
      new Blob(parts, { type: response.headers.get('content-type') ?? '' }),
      parseFileName(response),
    );
    toast('The export is in your downloads.');
  } catch {
    toast(stop.signal.aborted ? 'The export was cancelled.' : interrupted);
  } finally {
    indicator.done();
  }
}

const interrupted = 'The export was interrupted. Try again in a minute.';

/** What the page that came instead of the file says: too many rows, or too many exports. */
async function readReason(response: Response): Promise<string> {
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  return page.querySelector('[role="alert"] p')?.textContent ?? interrupted;
}

async function readStream(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  rows: boolean,
  update: (text: string) => void,
): Promise<Uint8Array<ArrayBuffer>[]> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let lines = -1;
  let bytes = 0;
  for (const reader = stream.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return parts;
    parts.push(value);
    bytes += value.length;
    if (rows) for (const byte of value) if (byte === 10) lines += 1;
    update(
      rows
        ? `${count(Math.max(0, lines))}${total > 0 ? ` of ${count(total)}` : ''} rows`
        : `${count(Math.round(bytes / 1000))} kB`,
    );
  }
}

/**
 * A line at the edge of the page that stays until the export is over, with a button that ends it.
 * It speaks once a second.
 */
function showProgress(cancel: () => void): { update: (text: string) => void; done: () => void } {
  const item = document.createElement('p');
  item.className = 'toast';
  const line = document.createElement('span');
  line.textContent = 'Exporting: preparing';
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = 'Cancel';
  button.addEventListener('click', cancel);
  item.append(line, button);
  document.querySelector('#toasts')?.append(item);
  let newest = '';
  const timer = setInterval(() => {
    if (newest !== '') line.textContent = `Exporting: ${newest}`;
  }, 1_000);
  return {
    update: (text) => (newest = text),
    done: () => {
      clearInterval(timer);
      item.remove();
    },
  };
}

/**
 * The name that a browser would give it: the full one in any script, before the plain one for old
 * clients.
 */
function parseFileName(response: Response): string {
  const disposition = response.headers.get('content-disposition') ?? '';
  const full = /filename\*=UTF-8''([^;]+)/.exec(disposition)?.[1];
  return full === undefined
    ? (/filename="([^"]+)"/.exec(disposition)?.[1] ?? 'leads')
    : decodeURIComponent(full);
}

function saveFile(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

for (const link of links) {
  link.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || total > maxRows) return;
    event.preventDefault();
    if (running) return toast('An export is already running.');
    running = true;
    for (const each of links) each.ariaDisabled = 'true';
    void download(link).finally(() => {
      running = false;
      for (const each of links) each.ariaDisabled = null;
    });
  });
}
