/// <reference types="astro/client" />

declare namespace App {
  interface Locals {
    /** Names the request in logs, and in errors that people report. */
    requestId: string;
    user: import('#lib/identity/auth/sessions.ts').CurrentUser | null;
    session: import('#lib/identity/auth/sessions.ts').CurrentSession | null;
    /** What sign-in needs to know of the browser: cookies, user agent, address. */
    client: Headers;
    /** Set by a guard that let the user into a workspace. */
    access?: import('#lib/identity/auth/access.ts').Access;
    /**
     * Resolves when the client has taken what it was sent; absent in development. A route that
     * yields much waits for it.
     */
    drained?: () => Promise<void>;
    /**
     * Gives up the place that the request holds among those being handled; absent in development.
     */
    leaveQueue?: () => void;
    /** What the process has to do at this moment; absent in development. */
    load?: () => import('#lib/platform/metrics/load.ts').Load;
    /** Lifts the deadline of a request that lasts as long as its client reads, and its place. */
    takeLong?: () => void;
    /** What the error page tells. */
    problem?: import('./lib/platform/errors.ts').Problem;
  }
}
