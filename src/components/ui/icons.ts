/** Stroke drawings on a 16 x 16 grid, 1.5 px wide; the value is the content of the `<svg>`. */
export const icons = {
  dashboard: '<path d="M2.5 2.5h4.5v5h-4.5zM9 2.5h4.5v3H9zM9 8h4.5v5.5H9zM2.5 10h4.5v3.5h-4.5z"/>',
  reports: '<path d="M4 1.8h5.2L12.5 5v9.2H4zM9 2v3.2h3.3M6.3 8.3h4M6.3 11h4"/>',
  leads:
    '<circle cx="8" cy="5.2" r="2.7"/><path d="M2.8 14c.4-2.9 2.4-4.4 5.2-4.4s4.8 1.5 5.2 4.4"/>',
  pipeline: '<path d="M2 3.2h12M3.8 6.4h8.4M5.4 9.6h5.2M7 12.8h2"/>',
  'hot-list':
    '<path d="M8 14.2c2.6 0 4.4-1.8 4.4-4.2 0-3.4-3.2-4.4-3-8.2C6.4 3 5.6 5.4 6 ' +
    '7.4c-.9-.2-1.3-1-1.3-1.8C3.9 6.7 3.6 8.3 3.6 10c0 2.4 1.8 4.2 4.4 4.2z"/>',
  referrals:
    '<circle cx="4.2" cy="8" r="1.9"/><circle cx="11.8" cy="3.9" r="1.9"/>' +
    '<circle cx="11.8" cy="12.1" r="1.9"/><path d="M5.9 7.1l4.2-2.3M5.9 8.9l4.2 2.3"/>',
  pushes: '<path d="M2.5 8h8M7.5 5l3 3-3 3M13.5 2.5v11"/>',
  conflicts: '<path d="M8 2v4.2M8 6.2L3.5 10v3.8M8 6.2l4.5 3.8v3.8M5.6 3.8L8 1.5l2.4 2.3"/>',
  notes: '<path d="M2.5 3h11v7.5h-5l-3 2.7v-2.7h-3zM5 5.8h6M5 8h3.5"/>',
  schedule: '<path d="M2.5 3.5h11v10h-11zM2.5 6.7h11M5.5 2v3M10.5 2v3"/>',
  'dead-letters':
    '<path d="M2.5 9.5h3l1 2h3l1-2h3v4h-11zM4 9.5l.8-3M12 9.5l-.8-3M8 1.8v4.4M8 8.2v.1"/>',
  settings:
    '<path d="M2 4.5h6.5M12 4.5h2M2 11.5h2M7.5 11.5H14"/>' +
    '<circle cx="10.2" cy="4.5" r="1.7"/><circle cx="5.8" cy="11.5" r="1.7"/>',
  menu: '<path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11"/>',
  close: '<path d="M4 4l8 8M12 4l-8 8"/>',
  chevron: '<path d="M4.5 6.5L8 10l3.5-3.5"/>',
  switch: '<path d="M5 6l3-3 3 3M5 10l3 3 3-3"/>',
  check: '<path d="M3.5 8.5l3 3 6-7"/>',
  clock: '<circle cx="8" cy="8" r="5.8"/><path d="M8 4.8V8l2.2 1.6"/>',
  warning: '<path d="M8 2.5l6 10.8H2zM8 6.5v3.2M8 11.5v.1"/>',
  error: '<circle cx="8" cy="8" r="5.8"/><path d="M8 5v3.5M8 10.8v.1"/>',
  sync:
    '<path d="M13 8a5 5 0 0 1-8.9 3.1M3 8a5 5 0 0 1 8.9-3.1M12.2 2.2v2.9H9.3M3.8 ' +
    '13.8v-2.9h2.9"/>',
  download: '<path d="M8 2.5v7.5M4.8 7L8 10.2 11.2 7M2.8 13.3h10.4"/>',
  search: '<circle cx="7" cy="7" r="4.3"/><path d="M10.3 10.3l3.4 3.4"/>',
  up: '<path d="M8 12.5v-9M4.5 7L8 3.5 11.5 7"/>',
  down: '<path d="M8 3.5v9M4.5 9L8 12.5 11.5 9"/>',
  next: '<path d="M6.5 4.5L10 8l-3.5 3.5"/>',
  previous: '<path d="M9.5 4.5L6 8l3.5 3.5"/>',
  plug: '<path d="M5.5 2v3.5M10.5 2v3.5M3.8 5.5h8.4V8a4.2 4.2 0 0 1-8.4 0zM8 12.2V14"/>',
  empty: '<path d="M2.5 9l2-5.5h7l2 5.5v4.5h-11zM2.5 9H6l.8 1.8h2.4L10 9h3.5"/>',
  account:
    '<circle cx="8" cy="8" r="6"/><circle cx="8" cy="6.6" r="2"/>' +
    '<path d="M4.2 12.5c.6-1.7 2-2.5 3.8-2.5s3.2.8 3.8 2.5"/>',
  'sign-out': '<path d="M9.5 2.5h-6.5v11h6.5M6.5 8h7.5M11.2 5.2L14 8l-2.8 2.8"/>',
  theme:
    '<circle cx="8" cy="8" r="5.8"/>' +
    '<path d="M8 2.2v11.6a5.8 5.8 0 0 0 0-11.6z" fill="currentColor"/>',
  table: '<path d="M2.5 3h11v10h-11zM2.5 6.3h11M6.5 6.3V13"/>',
} as const;

export type IconName = keyof typeof icons;
