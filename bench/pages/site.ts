import { startPart, whenReady, type Part as Process } from '../../scripts/processes.ts';
import type { BenchDatabase } from '../kit/cluster.ts';
import { benchEnv } from '../kit/environment.ts';
import { signIn, visit, type Visitor } from '../kit/visitor.ts';
import { measured } from './load.ts';

/** One of the databases with the web process that serves it. */
export interface Site {
  leads: number;
  database: BenchDatabase;
  web: Process;
  visitor: Visitor;
}

/** The web process of a database, with somebody who has signed in. */
export async function openSite(
  database: BenchDatabase,
  leads: number,
  processes: Process[],
): Promise<Site> {
  const { process: web, port } = await start(
    `web for ${leads}`,
    'scripts/web.ts',
    { ...benchEnv(database.appUrl), PORT: '0' },
    processes,
  );
  const cookie = await signIn(port, measured.email, measured.password);
  return { leads, database, web, visitor: visit(port, cookie) };
}

export async function start(
  name: string,
  entry: string,
  env: Record<string, string>,
  processes: Process[],
) {
  const part = startPart(name, entry, env);
  processes.push(part);
  return { process: part, port: (await whenReady(part)).port };
}
