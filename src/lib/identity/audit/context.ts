import { AsyncLocalStorage } from 'node:async_hooks';
import type { ActorKind } from '../../schema/audit.ts';

/** Who acts, and from where. */
export interface AuditActor {
  kind: ActorKind;
  id: string | null;
  /** The e-mail address, or the operator's name on the server. */
  label: string | null;
  address: string | null;
  userAgent: string | null;
  requestId: string | null;
}

/** Jobs and timers: nobody is there to name. */
const system: AuditActor = {
  kind: 'system',
  id: null,
  label: null,
  address: null,
  userAgent: null,
  requestId: null,
};

/*
 * An ambient value rather than a parameter: a change is recorded where it is written, many calls
 * below the request, and a parameter that somebody may leave out would leave events without an
 * author.
 */
const current = new AsyncLocalStorage<AuditActor>();

/** Runs `fn` so that every event recorded inside names `actor`; what is left out stays as it is. */
export function actAs<T>(actor: Partial<AuditActor>, fn: () => T): T {
  return current.run({ ...currentActor(), ...actor }, fn);
}

export function currentActor(): AuditActor {
  return current.getStore() ?? system;
}

/**
 * Marks the person of this request as staff: the guard knows it only after the workspace was
 * looked up, when the request is already under way.
 */
export function noteStaff(): void {
  const actor = current.getStore();
  if (actor?.kind === 'user') actor.kind = 'staff';
}
