/** Follows a panel with a pending push until nothing is pending any more. */

/** Milliseconds between two looks: often at first, then rarely. */
const firstInterval = 1000;
const longestInterval = 10_000;

/** So long the page keeps looking; then the reader reloads. */
const patience = 10 * 60_000;

const isPending = (panel: HTMLElement): boolean =>
  panel.querySelector('[data-push-state="pending"]') !== null;

function follow(panel: HTMLElement): void {
  const end = Date.now() + patience;
  let interval = firstInterval;
  const look = async () => {
    if (!panel.isConnected || Date.now() > end) return;
    if (document.visibilityState === 'visible') await refresh(panel);
    interval = Math.min(interval * 1.2, longestInterval);
    if (isPending(panel)) setTimeout(() => void look(), interval);
  };
  setTimeout(() => void look(), interval);
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
    if (isPending(panel)) follow(panel);
}

followAll(document);
// A row that is opened over its list brings its panel later than the page.
document.addEventListener('row-shown', (event) => followAll(event.target as Element));
