import { globSync } from 'node:fs';
/*
 * Bodies of pages drawn from a view.
 */
import { afterAll } from 'vitest';
import { render, stopRendering } from './render.ts';

export const access = {
  tenant: {
    id: 't',
    slug: 'summit',
    name: 'Summit',
    timeZone: 'America/Denver',
    currency: 'USD',
    accent: '#ffcc00',
    logoUrl: null,
  },
  user: { id: 'u', name: 'Ada', email: 'ada@summit.test' },
  role: 'viewer',
  isStaff: false,
};
const period = {
  key: 'all',
  from: null,
  to: null,
  label: 'All time',
  compare: 'none',
  compareFrom: null,
  compareTo: null,
  compareLabel: null,
};
export const slice = (rows: unknown[]) => ({
  rows,
  total: rows.length,
  totalIsFloor: false,
  next: null,
  previous: null,
});
export const body = (name: string, path: string, props: Record<string, unknown>) => {
  const url = new URL(path, 'http://localhost');
  return render(`/${globSync(`src/components/*/${name}.astro`)[0] ?? name}`, {
    props: { access, period, url, ...props },
    url: url.href,
  });
};
export const text = (html: string) => html.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');

afterAll(stopRendering);
