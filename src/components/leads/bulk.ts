import { counted } from '../format.ts';
import { toast } from '../ui/toast.ts';

/** The count of chosen rows, the box that chooses all of the page, and the way to choose none. */
const bar = document.querySelector<HTMLFormElement>('[data-bulk]');
const boxes = [...document.querySelectorAll<HTMLInputElement>('[data-pick]')];
const whole = document.querySelector<HTMLInputElement>('[data-pick-all]');

function tell(): void {
  const chosen = boxes.filter(({ checked }) => checked).length;
  const line = bar?.querySelector('[data-bulk-count]');
  const text =
    chosen === 0 ? 'Choose leads to push' : `${counted(chosen, ['lead', 'leads'])} chosen`;
  if (line && line.textContent !== text) line.textContent = text;
  bar?.toggleAttribute('data-chosen', chosen > 0);
  const push = bar?.querySelector<HTMLButtonElement>('[data-bulk-selected]');
  if (push) push.disabled = chosen === 0;
  const clear = bar?.querySelector<HTMLButtonElement>('[data-bulk-clear]');
  if (clear) clear.hidden = chosen === 0;
  for (const box of boxes) box.closest('tr')?.toggleAttribute('data-chosen', box.checked);
  if (!whole) return;
  whole.checked = chosen > 0 && chosen === boxes.length;
  whole.indeterminate = chosen > 0 && chosen < boxes.length;
}

/** With Shift, everything between the last box and this one. */
let last = -1;
function pick(event: MouseEvent, index: number): void {
  const checked = boxes[index]?.checked ?? false;
  if (event.shiftKey && last >= 0)
    for (const box of boxes.slice(Math.min(last, index), Math.max(last, index) + 1))
      box.checked = checked;
  last = index;
  tell();
}

if (bar) {
  for (const [index, box] of boxes.entries())
    box.addEventListener('click', (event) => pick(event, index));
  if (whole) {
    whole.hidden = false;
    whole.addEventListener('change', () => {
      for (const box of boxes) box.checked = whole.checked;
      tell();
    });
  }
  bar.addEventListener('reset', () => setTimeout(tell));
  addEventListener('pageshow', tell);
  tell();
}

/**
 * What a form did stands at the head of the page; whoever comes back to the rows, further down, is
 * told there as well.
 */
const notice = document.querySelector('[data-leads-notice]')?.cloneNode(true) as
  HTMLElement | undefined;
for (const link of notice?.querySelectorAll('a') ?? []) link.remove();
const told = notice?.textContent?.replaceAll(/\s+/g, ' ').trim() ?? '';
if (told !== '' && location.hash === '#rows') toast(told);
