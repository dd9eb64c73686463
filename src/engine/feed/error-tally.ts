import type { FeedErrorClass } from './error-classes.ts';

/** Counts errors by class. */
export class ErrorTally {
  private readonly counts = new Map<FeedErrorClass, number>();

  count(errorClass: FeedErrorClass): void {
    this.counts.set(errorClass, (this.counts.get(errorClass) ?? 0) + 1);
  }

  /** A copy of the counts; a class that never occurred is absent. */
  byClass(): Readonly<Partial<Record<FeedErrorClass, number>>> {
    const counts: Partial<Record<FeedErrorClass, number>> = {};
    for (const [errorClass, count] of this.counts) counts[errorClass] = count;
    return counts;
  }
}
