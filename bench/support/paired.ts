/**
 * Paired comparison. All contenders run in every round, in an order that rotates, so that a slow
 * spell of the machine falls on each of them; ratios are taken within a round.
 *
 *     warm-up:  ours  floor  peer          (thrown away; none in a quick run)
 *     round 1:  ours  floor  peer     ─► p50/p50 ┐
 *     round 2:  ours  peer   floor    ─► p50/p50 ├─► median ratio
 *     round 3:  peer  ours   floor    ─► p50/p50 ┘
 */
import type { BenchContext, Row } from './bench.ts';
import type { TimeUnit } from './samples.ts';
import { median, nanosNow, Samples } from './samples.ts';

/** Does one round's work and records each duration. */
export type Measure = (samples: Samples) => void | Promise<void>;

export interface Contenders {
  readonly ours: Measure;
  readonly floor?: Measure | undefined;
  readonly peer?: Measure | undefined;
}

/** All rounds of one contender. */
export interface Course {
  readonly all: Samples;
  /** Each round's median in nanoseconds. */
  readonly medians: readonly number[];
}

export interface Paired {
  readonly ours: Course;
  readonly floor: Course | undefined;
  readonly peer: Course | undefined;
}

/** Runs every contender in every round. */
export async function paired(context: BenchContext, contenders: Contenders): Promise<Paired> {
  const measures = new Map<string, Measure>();
  for (const name of ['ours', 'floor', 'peer'] as const) {
    const measure = contenders[name];
    if (measure !== undefined) measures.set(name, measure);
  }
  const courses = await contest(context, measures);
  return {
    ours: courseOf(courses, 'ours'),
    floor: courses.get('floor'),
    peer: courses.get('peer'),
  };
}

/** The same among any number of contenders by name. */
export async function contest(
  context: BenchContext,
  contenders: ReadonlyMap<string, Measure>,
): Promise<ReadonlyMap<string, Course>> {
  const names = [...contenders.keys()];
  const courses = new Map(
    names.map((name) => [name, { all: new Samples(), medians: [] as number[] }]),
  );
  if (!context.quick) {
    for (const measure of contenders.values()) await measure(new Samples());
  }
  for (let round = 0; round < context.rounds; round += 1) {
    for (const name of orderOf(round, names)) {
      const samples = new Samples();
      await contenders.get(name)?.(samples);
      courses.get(name)?.all.addAll(samples);
      courses.get(name)?.medians.push(samples.percentile(50, 'ns'));
    }
  }
  return courses;
}

/** The course of one of them. */
export function courseOf(courses: ReadonlyMap<string, Course>, name: string): Course {
  const course = courses.get(name);
  if (course === undefined) throw new Error(`there was no contender ${name}`);
  return course;
}

/** Rotated by the round, and every other round backwards: nobody always follows the same one. */
function orderOf(round: number, names: readonly string[]): readonly string[] {
  const first = round % names.length;
  const rotated = [...names.slice(first), ...names.slice(0, first)];
  return round % 2 === 0 ? rotated : rotated.reverse();
}

/** Times a short operation in batches: each sample is the mean of one batch. */
export function inBatches(
  operation: () => void,
  size: { readonly batches: number; readonly perBatch: number },
): Measure {
  return (samples) => {
    for (let batch = 0; batch < size.batches; batch += 1) {
      const startedAt = nanosNow();
      for (let i = 0; i < size.perBatch; i += 1) operation();
      samples.record((nanosNow() - startedAt) / size.perBatch);
    }
  };
}

/** Times each call of an operation that is long against the clock's own cost (some 40 ns). */
export function oneByOne(operation: () => void, times: number): Measure {
  return (samples) => {
    for (let i = 0; i < times; i += 1) {
      const startedAt = nanosNow();
      operation();
      samples.record(nanosNow() - startedAt);
    }
  };
}

/** Times each call of an operation that takes turns of the event loop. */
export function oneByOneAsync(operation: () => Promise<void>, times: number): Measure {
  return async (samples) => {
    for (let i = 0; i < times; i += 1) {
      const startedAt = nanosNow();
      await operation();
      samples.record(nanosNow() - startedAt);
    }
  };
}

export interface RowNames {
  readonly bench: string;
  readonly metric: string;
  readonly unit: TimeUnit;
  /** What the floor does. */
  readonly floor?: string;
  /** What the peer is. */
  readonly peer?: string;
}

/** The row of a comparison. */
export function rowOf(names: RowNames, { ours, floor, peer }: Paired): Row {
  const { bench, metric, unit } = names;
  return {
    bench,
    metric,
    unit,
    ...percentiles(ours.all, unit),
    ...(floor === undefined
      ? {}
      : {
          floor: names.floor ?? 'floor',
          floorRatio: ratio(ours, floor),
          floorP50: floor.all.percentile(50, unit),
        }),
    ...(peer === undefined
      ? {}
      : {
          peer: names.peer ?? 'peer',
          peerRatio: ratio(ours, peer),
          peerP50: peer.all.percentile(50, unit),
        }),
  };
}

/** The three percentiles that every row has. */
export function percentiles(samples: Samples, unit: TimeUnit): Pick<Row, 'p50' | 'p99' | 'p999'> {
  return {
    p50: samples.percentile(50, unit),
    p99: samples.percentile(99, unit),
    p999: samples.percentile(99.9, unit),
  };
}

/** Median over the rounds of ours/other, each within its round. */
function ratio(ours: Course, other: Course): number {
  return median(ours.medians.map((nanos, round) => nanos / (other.medians[round] ?? Number.NaN)));
}
