// @ts-check
/**
 * @typedef {object} Room
 * @property {string} name
 * @property {string} path
 * @property {readonly string[]} [not] Rooms that it may not import although they stand above it.
 * @property {readonly string[]} [nor] Paths and packages that it may not import.
 */

const web = ['components', 'layouts', 'middleware', 'actions', 'pages'];
const database = ['^drizzle-orm', '^pg$', '^pg-boss$', '^src/lib/platform/(db|queue)/'];

/**
 * The rooms in order: each may import itself and what stands above it. CONTRIBUTING.md shows the
 * same table; .dependency-cruiser.mjs enforces it, type imports included.
 * @type {readonly Room[]}
 */
export const rooms = [
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
  { name: 'views', path: 'src/lib/views' },
  { name: 'http-api', path: 'src/lib/http-api' },
  { name: 'components', path: 'src/components', not: ['schema'], nor: database },
  { name: 'layouts', path: 'src/layouts', not: ['schema'], nor: database },
  { name: 'middleware', path: 'src/middleware', not: ['schema'], nor: database },
  { name: 'actions', path: 'src/actions', not: ['schema'], nor: database },
  { name: 'pages', path: 'src/pages', not: ['schema'], nor: database },
  { name: 'worker', path: 'worker', not: web },
  { name: 'sandbox', path: 'sandbox', nor: ['^src/', '^worker/'] },
  { name: 'scripts', path: 'scripts' },
  { name: 'cli', path: 'cli', not: [...web, 'worker', 'sandbox'] },
  { name: 'bench', path: 'bench' },
  { name: 'tests', path: 'tests' },
];
