/**
 * The rooms of the project and who may import whom. A path belongs to the longest room that it
 * starts with; the files directly in src are the room `main`, but for src/config*.ts.
 */
const ENGINE = ['engine/domain', 'ops', 'engine/ring', 'engine/pricing', 'engine/chain'];

/** What each room may import besides itself. What is not listed is forbidden. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  'engine/domain': [],
  ops: ['engine/domain'],
  'engine/ring': ['engine/domain', 'ops'],
  'engine/pricing': ['engine/domain', 'ops'],
  'engine/chain': ['engine/domain', 'ops', 'engine/ring', 'engine/pricing'],
  'engine/feed': ENGINE,
  'engine/portfolio': ENGINE,
  strategies: ['engine/domain', 'engine/pricing', 'engine/chain'],
  broker: [...ENGINE, 'engine/portfolio'],
  audit: ['engine/domain', 'ops'],
  sim: ['engine/domain'],
  risk: [...ENGINE, 'engine/portfolio', 'strategies', 'broker', 'audit'],
  desk: [
    ...ENGINE,
    'engine/feed',
    'engine/portfolio',
    'strategies',
    'broker',
    'audit',
    'risk',
    'config',
  ],
  mcp: ['engine/domain', 'ops', 'engine/chain', 'desk', 'config'],
  web: ['engine/domain', 'ops', 'desk', 'mcp', 'config'],
  config: ['engine/domain', 'ops'],
  command: ['*'],
  main: ['*'],
};

/** Rooms that a room may import for their types alone. */
export const TYPES_ONLY: Readonly<Record<string, readonly string[]>> = {
  mcp: ['engine/chain'],
};

/** Rooms that reach the desk through its door, src/desk/engine-api*.ts, and nothing else of it. */
export const BEHIND_THE_DOOR: readonly string[] = ['mcp', 'web'];

/** Rooms that hold state machines: no clock, promise, timer or socket but in their shells. */
export const PURE_ROOMS: readonly string[] = ['broker', 'risk', 'strategies', 'desk'];

/** The file that mints what a gateway can send, and the one room that may call it. */
export const WITNESS_FILE = 'src/broker/approved-order.ts';
export const WITNESS_ROOM = 'risk';

/** A shell performs effects: it may read the clock, wait, and speak to the world. */
const SHELL_NAME = /(?:-shell|-worker|\/engine-api-[a-z-]+)\.ts$/;

/** Shells that the name does not tell, each with its reason. */
export const NAMED_SHELLS: Readonly<Record<string, string>> = {
  'src/main.ts': 'the composition root starts everything',
  'src/engine/domain/clock.ts': 'the one clock that others are given',
  'src/sim/simulator.ts': 'the simulator ticks by itself: it stands for the world outside',
  'src/sim/dxlink/dxlink-server.ts': 'a server that drops silent clients by the clock',
};

/** The door: its methods answer with promises, though it has no clock of its own. */
const DOOR_NAME = /^src\/desk\/engine-api[a-z-]*\.ts$/;

export function roomOf(path: string): string | undefined {
  if (/^src\/config(?:-\w+)?\.ts$/.test(path)) return 'config';
  if (/^src\/[^/]+\.ts$/.test(path)) return 'main';
  const inside = path.replace(/^src\//, '');
  return Object.keys(ROOMS)
    .filter((room) => inside.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0];
}

/** Commands are shells throughout: they start things, wait and speak to the operator. */
export function isShell(path: string): boolean {
  return SHELL_NAME.test(path) || path in NAMED_SHELLS || roomOf(path) === 'command';
}

export function isDoor(path: string): boolean {
  return DOOR_NAME.test(path);
}

/** Started on a thread of its own, by path. */
export function isWorkerEntry(path: string): boolean {
  return path.endsWith('-worker.ts');
}
