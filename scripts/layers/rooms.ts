/** A folder of the tree and its import rules. */
export interface Room {
  name: string;
  path: string;
  /** Rooms that it may not import although they come before it. */
  not?: readonly string[];
  /** Paths and packages that it may not import, as regular expressions. */
  nor?: readonly string[];
}

const web = ['components', 'layouts', 'middleware', 'actions', 'pages'];
const packages = ['^node_modules/(drizzle-orm|pg|pg-boss)/'];
const database = [...packages, '^src/lib/platform/(db|queue)/'];

/**
 * The rooms in order: each may import itself and the rooms before it. CONTRIBUTING.md has the same
 * table. `npm run layers` enforces it, including type imports.
 */
export const rooms: readonly Room[] = [
  { name: 'platform', path: 'src/lib/platform' },
  { name: 'records', path: 'src/lib/records', nor: database },
  { name: 'schema', path: 'src/lib/schema' },
  { name: 'identity', path: 'src/lib/identity' },
  { name: 'jobs', path: 'src/lib/jobs' },
  {
    name: 'posture',
    path: 'src/lib/posture',
    not: ['records', 'schema', 'identity', 'jobs'],
    nor: database,
  },
  {
    name: 'conversion',
    path: 'src/lib/conversion',
    not: ['schema', 'identity', 'jobs', 'posture'],
    nor: [...database, '^src/lib/platform/config\\.ts$'],
  },
  {
    name: 'connectors',
    path: 'src/lib/connectors',
    not: ['schema', 'identity', 'jobs', 'posture'],
    nor: [...database, '^src/lib/platform/config\\.ts$'],
  },
  { name: 'connections', path: 'src/lib/connections' },
  { name: 'entities', path: 'src/lib/entities' },
  { name: 'summaries', path: 'src/lib/summaries' },
  { name: 'scoring', path: 'src/lib/scoring' },
  { name: 'mappings', path: 'src/lib/mappings' },
  { name: 'ingest', path: 'src/lib/ingest' },
  { name: 'outbound', path: 'src/lib/outbound' },
  { name: 'webhooks', path: 'src/lib/webhooks' },
  { name: 'ops', path: 'src/lib/ops' },
  { name: 'privacy', path: 'src/lib/privacy' },
  { name: 'views', path: 'src/lib/views' },
  { name: 'http-api', path: 'src/lib/http-api' },
  { name: 'components', path: 'src/components', not: ['schema'], nor: packages },
  { name: 'layouts', path: 'src/layouts', not: ['schema'], nor: packages },
  { name: 'middleware', path: 'src/middleware', not: ['schema'], nor: packages },
  { name: 'actions', path: 'src/actions', not: ['schema'], nor: packages },
  { name: 'pages', path: 'src/pages', not: ['schema'], nor: packages },
  { name: 'worker', path: 'worker', not: web },
  { name: 'sandbox', path: 'sandbox', nor: ['^src/', '^worker/'] },
  { name: 'scripts', path: 'scripts' },
  { name: 'cli', path: 'cli', not: [...web, 'worker', 'sandbox'] },
  { name: 'bench', path: 'bench' },
  { name: 'tests', path: 'tests' },
];
