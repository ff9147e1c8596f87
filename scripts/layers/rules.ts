import type { IFlattenedRuleSet } from 'dependency-cruiser';
import { rooms, type Room } from './rooms.ts';

/** Translates the table of rooms into rules of dependency-cruiser. */
export function layerRules(): IFlattenedRuleSet {
  return {
    forbidden: [
      { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
      ...rooms.filter((room) => refusedRooms(room).length > 0).map(toRoomRule),
      ...rooms.flatMap(({ name, path, nor = [] }) =>
        nor.map((to) => ({
          name: `${name}-not-${to}`,
          severity: 'error' as const,
          from: { path: `^${path}/` },
          to: { path: to },
        })),
      ),
      {
        name: 'plain-typescript',
        comment: 'Web and worker both stand on src/lib.',
        severity: 'error',
        from: { path: '^(src/lib|worker|cli)/' },
        to: { path: '^(node_modules/)?(astro|react|react-dom)(/|:|$)' },
      },
      {
        name: 'one-door',
        comment: 'Entity rows change through src/lib/ingest/apply.ts only.',
        severity: 'error',
        from: {
          path: '^(src|worker|cli)/',
          pathNot: '^src/lib/(ingest/apply|entities/upsert)\\.ts$',
        },
        to: { path: '^src/lib/entities/upsert\\.ts$' },
      },
    ],
  };
}

/** The rooms that a room may import: those before it in the table, except its `not`. */
export function mayImport({ name, not = [] }: Room): readonly Room[] {
  const above = rooms.slice(0, rooms.findIndex((room) => room.name === name) + 1);
  return above.filter((room) => !not.includes(room.name));
}

function refusedRooms(room: Room): Room[] {
  const allowed = mayImport(room);
  return rooms.filter((other) => !allowed.includes(other));
}

function toRoomRule(room: Room) {
  return {
    name: room.name,
    severity: 'error' as const,
    from: { path: `^${room.path}/` },
    to: { path: refusedRooms(room).map(({ path }) => `^${path}/`) },
  };
}
