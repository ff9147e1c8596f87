/**
 * Closes open menus on Escape, on a click elsewhere and when one of their links is followed;
 * without this script they close by their own button.
 */
const openMenus = () => document.querySelectorAll<HTMLDetailsElement>('details[data-menu][open]');

document.addEventListener('click', (event) => {
  const target = event.target as Element;
  for (const menu of openMenus())
    if (!menu.contains(target) || target.closest('a')) menu.open = false;
});

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  for (const menu of openMenus()) {
    menu.open = false;
    menu.querySelector('summary')?.focus();
  }
});
