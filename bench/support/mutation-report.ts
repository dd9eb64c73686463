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

/** What may live, and why. Known by its text and not by its line, for lines move; a text that stands
 * more than once in a file is excused as often as is said, by `times` or by an excuse for each. */
export interface KnownSurvivor {
  readonly file: string;
  /** The kind of change, as StrykerJS names it. */
  readonly mutator: string;
  readonly original: string;
  readonly replacement: string;
  /** One where left out. */
  readonly times?: number;
  readonly reason: string;
}

/** What is asked of a run. */
export interface MutationRun {
  /** The least score in percent. */
  readonly threshold: number;
  /** True of a file whose excuses are judged too: none of them may be without its mutant. */
  readonly isCovered: (file: string) => boolean;
}

export interface MutationJudgement {
  readonly killed: number;
  readonly survived: number;
  /** Percent of the mutants that count. */
  readonly score: number;
  readonly violations: readonly string[];
  /** Each file with something that lives, as `killed/all file`. */
  readonly files: readonly string[];
}

/** The text between two places of a source. */
function textAt(source: string, { start, end }: ReportedMutant['location']): string {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const last = lines.length - 1;
  const cut = lines.map((line, i) => {
    const to = i === last ? end.column - 1 : line.length;
    return line.slice(i === 0 ? start.column - 1 : 0, to);
  });
  return plain(cut.join('\n'));
}

/** White space made one blank. */
export function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

type Change = Pick<KnownSurvivor, 'file' | 'mutator' | 'original' | 'replacement'>;

function nameOf({ file, mutator, original, replacement }: Change): string {
  return `${file}: ${mutator}: ${original} → ${replacement}`;
}

const KILLED: readonly Status[] = ['Killed', 'Timeout'];
const LIVING: readonly Status[] = ['Survived', 'NoCoverage'];

/** How many may live, by name. */
function excusesOf(known: readonly KnownSurvivor[]): ReadonlyMap<string, number> {
  const excused = new Map<string, number>();
  for (const one of known) {
    const name = nameOf(one);
    excused.set(name, (excused.get(name) ?? 0) + (one.times ?? 1));
  }
  return excused;
}

/** The lines at which mutants live, by name. */
function livesOf({ files }: MutationReport): ReadonlyMap<string, readonly number[]> {
  const lives = new Map<string, readonly number[]>();
  for (const [file, { source, mutants }] of Object.entries(files)) {
    for (const { mutatorName: mutator, status, location, replacement = '' } of mutants) {
      if (!LIVING.includes(status)) continue;
      const original = textAt(source, location);
      const name = nameOf({ file, mutator, original, replacement: plain(replacement) });
      lives.set(name, [...(lives.get(name) ?? []), location.start.line]);
    }
  }
  return lives;
}

/** A part of the files is judged like all of them. */
export function judgeMutation(
  report: MutationReport,
  known: readonly KnownSurvivor[],
  { threshold, isCovered }: MutationRun,
): MutationJudgement {
  const excused = excusesOf(known.filter(({ file }) => isCovered(file)));
  const lives = livesOf(report);
  const violations: string[] = [];
  for (const [name, lines] of lives) {
    const times = excused.get(name) ?? 0;
    const places = lines.join(', ');
    if (lines.length > times) violations.push(`lives at line ${places}, ${times} excused: ${name}`);
  }
  for (const [name, times] of excused) {
    const count = lives.get(name)?.length ?? 0;
    if (count < times) violations.push(`${times} excused, ${count} live: ${name}`);
  }
  const files: string[] = [];
  let [killed, survived] = [0, 0];
  for (const [file, { mutants }] of Object.entries(report.files)) {
    const dead = mutants.filter(({ status }) => KILLED.includes(status)).length;
    const living = mutants.filter(({ status }) => LIVING.includes(status)).length;
    if (living > 0) files.push(`${dead}/${dead + living} ${file}`);
    killed += dead;
    survived += living;
  }
  const score = killed + survived === 0 ? 0 : (100 * killed) / (killed + survived);
  if (score < threshold) violations.push(`the score of ${score.toFixed(1)} is below ${threshold}`);
  return { killed, survived, score, violations, files };
}
