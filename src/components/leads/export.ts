import { count } from '../format.ts';
import { toast } from '../ui/toast.ts';

/*
 * Exports with their progress: the download is read here, so that the page can say how far it is
 * and stop it. Without script, or when there is too much to hold, the browser downloads by itself.
 */
const mostRows = 200_000;
const links = document.querySelectorAll<HTMLAnchorElement>('[data-leads] a[download]');
const total = Number(document.querySelector<HTMLElement>('[data-leads]')?.dataset['leads'] ?? 0);

let running = false;

async function download(link: HTMLAnchorElement): Promise<void> {
  const stop = new AbortController();
  const say = progress(() => stop.abort());
  try {
    const answer = await fetch(link.href, { signal: stop.signal });
    if (!answer.ok || !answer.body) throw new Error(`status ${answer.status}`);
    const parts = await read(answer.body, /\.csv(\?|$)/.test(link.href), say.told);
    save(new Blob(parts, { type: answer.headers.get('content-type') ?? '' }), nameOf(answer));
    toast('The export is in your downloads.');
  } catch {
    toast(
      stop.signal.aborted
        ? 'The export was cancelled.'
        : 'The export broke off. Try again in a minute.',
    );
  } finally {
    say.done();
  }
}

async function read(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  rows: boolean,
  told: (text: string) => void,
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
    told(
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
function progress(cancel: () => void): { told: (text: string) => void; done: () => void } {
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
    told: (text) => (newest = text),
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
function nameOf(answer: Response): string {
  const disposition = answer.headers.get('content-disposition') ?? '';
  const full = /filename\*=UTF-8''([^;]+)/.exec(disposition)?.[1];
  return full === undefined
    ? (/filename="([^"]+)"/.exec(disposition)?.[1] ?? 'leads')
    : decodeURIComponent(full);
}

function save(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

for (const link of links) {
  link.addEventListener('click', (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || total > mostRows) return;
    event.preventDefault();
    if (running) return toast('An export is under way already.');
    running = true;
    for (const each of links) each.ariaDisabled = 'true';
    void download(link).finally(() => {
      running = false;
      for (const each of links) each.ariaDisabled = null;
    });
  });
}
