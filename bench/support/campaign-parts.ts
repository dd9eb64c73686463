/**
 * Runs of a campaign that count together. A proof that takes longer than a machine is free is made in
 * parts, each with its own seeds, all over the same source: what is proven of one source says nothing
 * of another.
 */

/** One recorded run. */
export interface Part {
  readonly runs: number;
  readonly firstSeed: number;
  readonly lastSeed: number;
  readonly seconds: number;
  readonly commit: string;
  /** Of the files that its runs are made of; '' where some of them were not committed. */
  readonly source: string;
}

const LINE =
  /^- part: ([\d,]+) \w[\w ]*, seeds (\d+) to (\d+), (\d+) s, commit (\S+), source ([\da-f]+)$/gm;

/** A part as a line of RESULTS.md. */
export function partLine({ runs, firstSeed, lastSeed, ...rest }: Part, unit: string): string {
  const { seconds, commit, source } = rest;
  const made = `${runs.toLocaleString('en-US')} ${unit}, seeds ${firstSeed} to ${lastSeed}`;
  return `part: ${made}, ${Math.round(seconds)} s, commit ${commit}, source ${source}`;
}

/** The parts that a campaign's section tells of. */
export function partsIn(section: string): readonly Part[] {
  return Array.from(
    section.matchAll(LINE),
    ([, runs = '', first, last, seconds, commit, source]) => ({
      runs: Number(runs.replaceAll(',', '')),
      firstSeed: Number(first),
      lastSeed: Number(last),
      seconds: Number(seconds),
      commit: commit ?? '',
      source: source ?? '',
    }),
  );
}

/** The newest part behind those before it that count with it: of its source, and no seed twice. */
export function partsWith(before: readonly Part[], newest: Part): readonly Part[] {
  const isApart = ({ firstSeed, lastSeed }: Part): boolean =>
    lastSeed < newest.firstSeed || firstSeed > newest.lastSeed;
  const counts = (part: Part): boolean => part.source === newest.source && isApart(part);
  return [...(newest.source === '' ? [] : before.filter(counts)), newest];
}
