import {
  experimental_AstroContainer as AstroContainer,
  type ContainerRenderOptions,
} from 'astro/container';
import { z } from 'zod';
import type { Access } from '#lib/identity/auth/access.ts';
import { publishReport } from '#lib/views/reports/reports.ts';
import { stripScripts } from '../components/reports/reports.ts';
import { requireRole } from '../middleware/guard.ts';
import { parseFields, text } from './action.ts';
import { redirectAfterPost, type Fields } from './form.ts';

type Component = Parameters<AstroContainer['renderToString']>[0];

/** Renders a report to the HTML that is stored, without scripts, because a report never changes. */
export async function renderReport(
  body: Component,
  options: ContainerRenderOptions,
): Promise<string> {
  const container = await AstroContainer.create();
  return stripScripts(await container.renderToString(body, options));
}

const reportForm = z.object({ title: text });

/** A report as the page has just rendered it. */
type DrawnReport = Omit<Parameters<typeof publishReport>[1], 'title'>;

/** Publishes a report under the given title, and redirects to it. */
export async function submitReport(
  access: Access,
  url: URL,
  report: DrawnReport,
  fields: Fields,
): Promise<Response> {
  requireRole(access, 'staff');
  const { title } = parseFields(reportForm, fields);
  const id = await publishReport(access, { ...report, title });
  return redirectAfterPost(url.pathname.replace(/new\/?$/, id));
}
