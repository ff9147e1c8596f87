/** The current time, as a function so that rules stay testable. */
export type Clock = () => Date;

export const systemClock: Clock = () => new Date();
