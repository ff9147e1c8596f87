/** What flows through a mapping: JSON in, JSON between the steps, JSON out. */
export type Json = string | number | boolean | null | Json[] | JsonObject;
export interface JsonObject {
  [name: string]: Json;
}

/**
 * Why a value cannot go through a step, as the end of a sentence that begins with "The value": "is
 * not a date". It quotes nothing of the value. A step returns it instead of throwing, because a
 * thrown error costs a hundred times as much and could be forgotten.
 */
export class Rejection {
  readonly reason: string;
  /** The place of the step in its chain, from 0; undefined until the chain knows it. */
  readonly step: number | undefined;

  constructor(reason: string, step?: number) {
    this.reason = reason;
    this.step = step;
  }
}

export const reject = (reason: string): Rejection => new Rejection(reason);

/** One step, ready to run: it takes any value of its type and never throws. */
export type Step<Value = Json> = (value: Value) => Json | Rejection;
