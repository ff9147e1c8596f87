/*
 * A built web with members of two workspaces, for one file of tests.
 */
import { beforeAll, expect } from 'vitest';
import { createUser } from '#lib/identity/auth/users.ts';
import { createTenant } from '#lib/identity/tenancy/tenants.ts';
import { useDatabase } from '../../helpers/database.ts';
import { useMailbox } from './mailbox.ts';
import { useServer } from './server.ts';
import { Visitor } from './visitor.ts';

export const password = 'a tour of three workspaces';
export const database = useDatabase();
export const mailbox = useMailbox();

beforeAll(async () => {
  for (const slug of ['summit', 'harbor']) {
    await createTenant({ slug, name: `${slug} franchising` });
    await createUser({
      email: `admin@${slug}.test`,
      name: 'Ann Admin',
      password,
      tenantSlug: slug,
      role: 'admin',
    });
    await createUser({ email: `viewer@${slug}.test`, password, tenantSlug: slug });
  }
  await createUser({ email: 'staff@tributary.test', name: 'Sam', password, staff: true });
});

export const server = useServer(
  () => database.url,
  () => ({ SMTP_URL: process.env['SMTP_URL'] ?? '' }),
);

export async function signedIn(email: string, secret = password): Promise<Visitor> {
  const visitor = new Visitor(server);
  expect((await visitor.post('/sign-in', { email, password: secret })).status).toBe(303);
  return visitor;
}
