import { shortMoney } from '../ui/format.ts';

/** "Open deals; $1.79M won": what the value of the pipeline leaves out. */
export const formatOpenValueNote = (wonValue: number, currency: string): string =>
  wonValue > 0 ? `Open deals; ${shortMoney(wonValue, currency)} won` : 'Open deals';
