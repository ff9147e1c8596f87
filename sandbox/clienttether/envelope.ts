import { json, type Reply } from '../kit/provider.ts';

/**
 * Business errors arrive with HTTP 200 and a result code. The vendor documents 200, 512 and 515;
 * the others are our guess.
 */
const RESULT = {
  success: '200',
  invalid: '400',
  unauthorized: '401',
  inUse: '512',
  noRecord: '515',
} as const;
type Code = (typeof RESULT)[keyof typeof RESULT];

/**
 * Writes both spellings found in the wild, `ResultCode: CT_200` and `resultCode: CT200`, in turn,
 * so that any two calls in a row show a client both.
 */
export class Envelope {
  #turn = 0;

  data(data: unknown[], total: number): Reply {
    return json({ ...this.#head(RESULT.success, 'Success'), TotalRecord: total, data });
  }

  done(): Reply {
    return json(this.#head(RESULT.success, 'Success'));
  }

  failure(code: Exclude<Code, '200'>, message: string, extra: Record<string, unknown> = {}): Reply {
    return json({ ...this.#head(code, message), ...extra });
  }

  noRecord(extra: Record<string, unknown> = {}): Reply {
    return this.failure(RESULT.noRecord, 'No Record Found', { client_id: false, ...extra });
  }

  #head(code: Code, Message: string): Record<string, string> {
    return this.#turn++ % 2 === 0
      ? { ResultCode: `CT_${code}`, Message }
      : { resultCode: `CT${code}`, Message };
  }
}
