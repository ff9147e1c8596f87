/** Follows pending pushes, in panels and in the rows of a list, until none is pending any more. */

/** Milliseconds between two looks: often at first, then rarely. */
const initialInterval = 1000;
const maxInterval = 10_000;

/** So long the page keeps looking; then the reader reloads. */
const timeoutMs = 10 * 60_000;

const isPending = (place: HTMLElement): boolean =>
  place.querySelector('[data-push-state="pending"]') !== null;

function follow(place: HTMLElement, refresh: (place: HTMLElement) => Promise<void>): void {
  const end = Date.now() + timeoutMs;
  let interval = initialInterval;
  const poll = async () => {
    if (!place.isConnected || Date.now() > end) return;
    if (document.visibilityState === 'visible') await refresh(place);
    interval = Math.min(interval * 1.2, maxInterval);
    if (isPending(place)) setTimeout(() => void poll(), interval);
  };
  setTimeout(() => void poll(), interval);
}

/** The page at an address; null when it could not be read: the next look may succeed. */
async function readPage(href: string): Promise<Document | null> {
  const response = await fetch(href, { headers: { accept: 'text/html' } }).catch(() => null);
  return response?.ok ? new DOMParser().parseFromString(await response.text(), 'text/html') : null;
}

/** Takes what tells about pushes over from the list as it is now; a row that left it stays. */
async function refreshRows(rows: HTMLElement): Promise<void> {
  const page = await readPage(location.href);
  for (const part of rows.querySelectorAll<HTMLElement>('[data-live]')) {
    const key = CSS.escape(part.dataset['live'] ?? '');
    const fresh = page?.querySelector(`[data-live="${key}"]`);
    if (fresh && !fresh.isEqualNode(part)) part.replaceWith(fresh);
  }
}

async function refreshPanel(panel: HTMLElement): Promise<void> {
  const page = await readPage(panel.dataset['pushPanel'] ?? '');
  const fresh = page?.querySelector('[data-push-panel]') ?? null;
  if (fresh === null || fresh.innerHTML === panel.innerHTML) return;
  const open = [...panel.querySelectorAll<HTMLDetailsElement>('details[open]')].map(
    ({ dataset }) => dataset['key'],
  );
  const focused = panel.contains(document.activeElement);
  panel.replaceChildren(...fresh.childNodes);
  for (const details of panel.querySelectorAll<HTMLDetailsElement>('details'))
    details.open = open.includes(details.dataset['key']);
  // What was focused may be gone: the reader stays at the panel.
  if (focused) panel.querySelector<HTMLElement>('button, summary')?.focus({ preventScroll: true });
}

function followAll(root: ParentNode): void {
  for (const panel of root.querySelectorAll<HTMLElement>('[data-push-panel]'))
    if (isPending(panel)) follow(panel, refreshPanel);
}

followAll(document);
const rows = document.getElementById('rows');
if (rows && isPending(rows)) follow(rows, refreshRows);
// A row that is opened over its list brings its panel later than the page.
document.addEventListener('row-shown', (event) => followAll(event.target as Element));
