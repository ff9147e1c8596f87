/*
 * Titles as tooltips that stand where there is room: on the top layer, so that no table cuts them
 * off, and for the keyboard as well. Without this script the browser shows the titles its own way.
 */
const region = document.querySelector<HTMLElement>('[data-leads]');
const gap = 6;
const tip = document.createElement('div');
tip.className = 'tooltip';
tip.id = 'tooltip';
tip.popover = 'manual';
tip.role = 'tooltip';
region?.append(tip);

let host: HTMLElement | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

function show(element: HTMLElement): void {
  const text = element.title;
  if (text === '') return;
  hide();
  host = element;
  host.dataset['title'] = text;
  host.removeAttribute('title');
  host.setAttribute('aria-describedby', tip.id);
  tip.textContent = text;
  tip.showPopover();
  positionTip(element.getBoundingClientRect(), tip.getBoundingClientRect());
}

/** Above, or below where that is cut off; never beyond the sides. */
function positionTip(at: DOMRect, own: DOMRect): void {
  const above = at.top - own.height - gap;
  const left = Math.max(
    gap,
    Math.min(at.left + at.width / 2 - own.width / 2, innerWidth - own.width - gap),
  );
  tip.style.left = `${left}px`;
  tip.style.top = `${above >= gap ? above : at.bottom + gap}px`;
}

function hide(): void {
  clearTimeout(timer);
  if (!host) return;
  host.title = host.dataset['title'] ?? '';
  host.removeAttribute('aria-describedby');
  delete host.dataset['title'];
  host = null;
  tip.hidePopover();
}

const findTitled = (event: Event) =>
  (event.target as Element).closest<HTMLElement>('[title], [data-title]');

region?.addEventListener('pointerover', (event) => {
  const element = findTitled(event);
  if (element === host || event.pointerType === 'touch') return;
  hide();
  if (element) timer = setTimeout(() => show(element), 250);
});
region?.addEventListener('pointerleave', hide);
region?.addEventListener('focusin', (event) => {
  const element = findTitled(event);
  if (element && (event.target as Element).matches(':focus-visible')) show(element);
});
region?.addEventListener('focusout', hide);
addEventListener('scroll', hide, { passive: true, capture: true });
addEventListener('keydown', (event) => {
  if (event.key === 'Escape') hide();
});

export {};
