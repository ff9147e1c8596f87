import { beforeAll, expect, it } from 'vitest';
import { listKeyUses } from '#lib/connections/keys/key-uses.ts';
import { rotateKeys } from '#lib/connections/keys/rotate.ts';
import { assertUsableKeys } from '#lib/connections/keys/verify.ts';
import { resetConfig } from '#lib/platform/config.ts';
import { useDatabase } from '../../helpers/database.ts';
import { problemOf } from '../auth/people.ts';
import { useIdentityProvider } from './identity-provider.ts';
import { addMember, createSsoWorkspace, signInBySso } from './workspace.ts';

const db = useDatabase();
const idp = useIdentityProvider();
const key = (id: string, byte: number) => `${id}:${Buffer.alloc(32, byte).toString('base64')}`;
function useKeys(...keys: string[]): void {
  process.env['TRIBUTARY_KEYS'] = keys.join(',');
  resetConfig();
}

beforeAll(async () => {
  useKeys(key('k1', 1));
  await createSsoWorkspace('acme', idp);
  await addMember('ann@acme.test', 'acme');
});

it('counts client secrets, seals them anew, and wants their key until then', async () => {
  useKeys(key('k2', 2), key('k1', 1));
  expect((await listKeyUses())[1]).toMatchObject({ key: 'k1', secrets: 1, mayBeWithdrawn: false });
  useKeys(key('k2', 2));
  expect((await problemOf(assertUsableKeys())).message).toContain('lacks the key "k1"');
  expect(await rotateKeys()).toMatchObject({
    resealed: 0,
    unopened: [{ name: 'sso client secret' }],
  });
  useKeys(key('k2', 2), key('k1', 1));
  expect(await rotateKeys()).toEqual({ newest: 'k2', resealed: 1, replaced: 0, unopened: [] });
  useKeys(key('k2', 2));
  await assertUsableKeys();
  expect(await db.query('select key_id from sso_providers')).toEqual([{ key_id: 'k2' }]);
  expect(await (await signInBySso(idp, 'ann@acme.test')).session()).not.toBeNull();
});
