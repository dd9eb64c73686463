/** Which calls of the day are broken, and with what. */
import type { Call, DayThread, Injection } from './strace.ts';

/** How often a thread makes a call over a whole day. */
export interface Made {
  readonly thread: DayThread;
  readonly call: Call;
  readonly times: number;
}

/** Errors of the disk that a call can fail with; where there are several, those of one call take turns. */
const DISK_ERRORS: Readonly<Record<Call, readonly Exclude<Injection['fault'], 'SIGKILL'>[]>> = {
  openat: ['EIO', 'ENOSPC'],
  pwrite64: ['EIO', 'ENOSPC'],
  write: ['EIO', 'ENOSPC'],
  fdatasync: ['EIO'],
  fsync: ['EIO'],
  rename: ['EIO', 'ENOSPC'],
  unlink: ['EIO'],
};
/** The sealing thread seals the same way again and again. All that it does first is broken: the log's key,
 * the first tile, bundle and checkpoints. Of the rest, every so-many-th: an odd number, so that errors take
 * turns there too. */
const SEALING_FIRST = 8;
const SEALING_EVERY = 15;

export interface Chosen {
  readonly points: readonly Injection[];
  /** What was left out, in sentences. */
  readonly notes: readonly string[];
}

/** Another seed chooses other calls of the sealing thread, and other errors of the disk. */
export function choosePoints(made: readonly Made[], seed: number): Chosen {
  const all = made.flatMap(({ thread, call, times }) =>
    Array.from({ length: times }, (_, i) => i + 1).flatMap((nth) =>
      faultsAt({ thread, call }, nth + seed).map((fault) => ({ thread, call, nth, fault })),
    ),
  );
  const points = all.filter(
    ({ thread, nth }) =>
      thread !== 'audit' || nth <= SEALING_FIRST || (nth + seed) % SEALING_EVERY === 0,
  );
  const ofSealing = (some: readonly Injection[]): number =>
    some.filter(({ thread }) => thread === 'audit').length;
  return {
    points,
    notes: [
      `of the sealing thread's ${ofSealing(all)} points ${ofSealing(points)} were chosen: those of the first ` +
        `${SEALING_FIRST} of each call and of every ${SEALING_EVERY}th behind; another seed takes others`,
      'a call that EIO and ENOSPC can meet is met by one of them, and with the next seed by the other',
    ],
  };
}

function faultsAt(
  { thread, call }: Pick<Made, 'thread' | 'call'>,
  turn: number,
): readonly Injection['fault'][] {
  // The main thread's go to sockets and to Node's own wake-ups, which no disk refuses.
  const errors = thread === 'main' && call === 'write' ? [] : DISK_ERRORS[call];
  const error = errors[turn % errors.length];
  return error === undefined ? ['SIGKILL'] : ['SIGKILL', error];
}
