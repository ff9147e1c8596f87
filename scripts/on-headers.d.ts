declare module 'on-headers' {
  import type { ServerResponse } from 'node:http';

  /** Calls `listener` when the headers of a response are about to be sent. */
  export default function onHeaders(response: ServerResponse, listener: () => void): void;
}
