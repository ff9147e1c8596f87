import { createInterface } from 'node:readline';
import { closeDatabase } from '../../src/lib/platform/db/database.ts';
import { clientOf, oauthProvider } from './oauth-stage.ts';

/**
 * A process that reads through one connection whenever a line comes in, and says with which status.
 */
const [, , baseUrl = '', tenantId = '', connectionId = ''] = process.argv;
const http = clientOf(oauthProvider('refresh_token'), baseUrl, { tenantId, connectionId });

async function read(): Promise<string> {
  try {
    return String((await http.request({ url: `${baseUrl}me` })).status);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin }))
  process.stdout.write(`${line} ${await read()}\n`);
await http.close();
await closeDatabase();
