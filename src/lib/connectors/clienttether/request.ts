import { RemoteError } from '../../platform/http/errors.ts';
import type { HttpAnswer } from '../../platform/http/types.ts';
import type { ReadContext } from '../contract/source.ts';
import { parseEnvelope, type Envelope } from './envelope.ts';
import type { ClientTetherSettings } from './settings.ts';

/** What it takes to ask an account something. */
export type Access = Pick<ReadContext<ClientTetherSettings>, 'http' | 'settings' | 'secrets'>;

/** Paths below the base URL. All are read with GET. */
export const PATHS = {
  clients: 'read_client_list',
  opportunities: 'read_opportunity_list',
  notesOfClient: 'read_client_history_notes/',
  activities: 'read_sales_cycle_any_activity',
  events: 'read_all_events',
  salesCycles: 'read_sales_cycle_list',
  leadSources: 'read_lead_source_list',
  actionPlans: 'read_action_plan_list',
  users: 'read_user_list',
} as const;

export interface Answered extends Envelope {
  answer: HttpAnswer;
}

/**
 * One GET request with both headers: X-Access-Token names the agency, X-Web-Key selects the account
 * that is read. Source: https://support.clienttether.com/api-document/clienttether-api-2-0-doc
 */
export async function ask(
  access: Access,
  path: string,
  query: Record<string, string | number | undefined> = {},
): Promise<Answered> {
  const headers = {
    'X-Access-Token': secret(access, 'accessToken'),
    'X-Web-Key': secret(access, 'webKey'),
  };
  try {
    const answer = await access.http.request({
      url: new URL(path, access.settings.baseUrl).href,
      query,
      headers,
    });
    return { answer, ...parseEnvelope(answer.body) };
  } catch (error) {
    throw isRefusal(error) ? refused(error.status) : error;
  }
}

/** Pasted keys often carry a line break, which no header can. */
function secret({ secrets }: Access, name: string): string {
  const value = secrets[name]?.trim() ?? '';
  if (value === '') throw refused();
  return value;
}

/**
 * A gateway in front of the API answers bad or missing keys with 401 or 403, which of them is not
 * documented.
 */
function isRefusal(error: unknown): error is RemoteError {
  return error instanceof RemoteError && (error.status === 401 || error.status === 403);
}

function refused(status?: number): RemoteError {
  const words =
    'ClientTether refused the keys. The access token changes by itself when its user is renamed or gets another ' +
    'level: copy the access token and the web key from Settings > API and enter them again.';
  return new RemoteError('auth', words, status === undefined ? {} : { status });
}
