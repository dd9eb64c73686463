/** Reads what StrykerJS found and judges it: the score against its threshold, and every survivor against
 * the list of those that are known, each with its reason. */

type Status =
  | 'Killed'
  | 'Timeout'
  | 'Survived'
  | 'NoCoverage'
  | 'CompileError'
  | 'RuntimeError'
  | 'Ignored'
  | 'Pending';

interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** One mutant, as far as it is read here. */
export interface ReportedMutant {
  readonly mutatorName: string;
  readonly replacement?: string;
  readonly status: Status;
  readonly location: { readonly start: Position; readonly end: Position };
}

/** The report of the mutation-testing schema, as far as it is read here. */
export interface MutationReport {
  readonly files: Readonly<
    Record<string, { readonly source: string; readonly mutants: readonly ReportedMutant[] }>
  >;
}

/** A mutant that lives, and why it may. Known by its text, not by its line: lines move. */
export interface KnownSurvivor {
  readonly file: string;
  readonly original: string;
  readonly replacement: string;
  readonly reason: string;
}

export interface MutationJudgement {
  readonly killed: number;
  readonly survived: number;
  /** Percent of the mutants that count. */
  readonly score: number;
  readonly violations: readonly string[];
  /** Each file with something that lives, as `killed/all file`. */
  readonly files: readonly string[];
  /** Known survivors that were killed after all: their lines can go. */
  readonly outdated: readonly string[];
}

/** The text between two places of a source, white space made one blank. */
function textAt(source: string, { start, end }: ReportedMutant['location']): string {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const last = lines.length - 1;
  const cut = lines.map((line, i) => {
    const to = i === last ? end.column - 1 : line.length;
    return line.slice(i === 0 ? start.column - 1 : 0, to);
  });
  return plain(cut.join('\n'));
}

function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function nameOf(file: string, original: string, replacement: string): string {
  return `${file}: ${original} → ${replacement}`;
}

const KILLED: readonly Status[] = ['Killed', 'Timeout'];
const LIVING: readonly Status[] = ['Survived', 'NoCoverage'];

/** `threshold` is the least score in percent. A part of the files is judged like all of them. */
export function judgeMutation(
  report: MutationReport,
  known: readonly KnownSurvivor[],
  threshold: number,
): MutationJudgement {
  const allowed = new Set(known.map((one) => nameOf(one.file, one.original, one.replacement)));
  const seen = new Set<string>();
  const violations: string[] = [];
  const files: string[] = [];
  let killed = 0;
  for (const [file, { source, mutants }] of Object.entries(report.files)) {
    const dead = mutants.filter(({ status }) => KILLED.includes(status)).length;
    const living = mutants.filter(({ status }) => LIVING.includes(status)).length;
    if (living > 0) files.push(`${dead}/${dead + living} ${file}`);
    killed += dead;
    for (const { status, location, replacement = '' } of mutants) {
      if (!LIVING.includes(status)) continue;
      const name = nameOf(file, textAt(source, location), plain(replacement));
      seen.add(`${name} @${location.start.line}:${location.start.column}`);
      if (!allowed.has(name)) violations.push(`lives at line ${location.start.line}: ${name}`);
    }
  }
  const survived = seen.size;
  const score = killed + survived === 0 ? 0 : (100 * killed) / (killed + survived);
  if (score < threshold) violations.push(`the score of ${score.toFixed(1)} is below ${threshold}`);
  const alive = new Set([...seen].map((place) => place.slice(0, place.lastIndexOf(' @'))));
  const outdated = known.filter(({ file }) => file in report.files);
  return {
    killed,
    survived,
    score,
    violations,
    files,
    outdated: outdated
      .map((one) => nameOf(one.file, one.original, one.replacement))
      .filter((name) => !alive.has(name)),
  };
}
