/** Follows a panel with a pending push until nothing is pending any more. */

/** Milliseconds between two looks: often at first, then rarely. */
const initialInterval = 1000;
const maxInterval = 10_000;

/** So long the page keeps looking; then the reader reloads. */
const timeoutMs = 10 * 60_000;

const isPending = (panel: HTMLElement): boolean =>
  panel.querySelector('[data-push-state="pending"]') !== null;

function followPanel(panel: HTMLElement): void {
  const end = Date.now() + timeoutMs;
  let interval = initialInterval;
  const poll = async () => {
    if (!panel.isConnected || Date.now() > end) return;
    if (document.visibilityState === 'visible') await refresh(panel);
    interval = Math.min(interval * 1.2, maxInterval);
    if (isPending(panel)) setTimeout(() => void poll(), interval);
  };
  setTimeout(() => void poll(), interval);
}

/** A failed look says nothing: the next one may succeed. */
async function refresh(panel: HTMLElement): Promise<void> {
  const response = await fetch(panel.dataset['pushPanel'] ?? '', {
    headers: { accept: 'text/html' },
  }).catch(() => null);
  if (!response?.ok) return;
  const fresh = new DOMParser()
    .parseFromString(await response.text(), 'text/html')
    .querySelector('[data-push-panel]');
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
    if (isPending(panel)) followPanel(panel);
}

followAll(document);
// A row that is opened over its list brings its panel later than the page.
document.addEventListener('row-shown', (event) => followAll(event.target as Element));
