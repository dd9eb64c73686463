/** `deltaring audit verify` and `audit show`. */
import { auditShow } from '../audit/audit-show.ts';
import { readJournal } from '../audit/journal-open.ts';
import { verifyJournal, verifyReportLines } from '../audit/verify.ts';
import { DeltaringError } from '../engine/domain/errors.ts';
import { configOf } from './environment.ts';
import { verifyBucket } from './verify-bucket.ts';

const EXIT_TAMPERED = 1;
const EXIT_UNCHECKED = 2;
const USAGE =
  'usage: deltaring audit verify [FOLDER | s3://BUCKET/PREFIX] [--json] · audit show ORDER [--json]\n';

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function verify(target: string | undefined, json: boolean): Promise<number> {
  const config = configOf();
  const report =
    target?.startsWith('s3://') === true
      ? await verifyBucket(config, target)
      : verifyJournal(target ?? config.home);
  print(json ? [JSON.stringify(report, null, 2)] : verifyReportLines(report));
  return report.exitCode;
}

function show(id: string | undefined, json: boolean): number {
  if (id === undefined) {
    throw new DeltaringError('INPUT_INVALID', 'name an order: deltaring audit show ORDER');
  }
  const { records } = readJournal(configOf().home);
  if (json) {
    const about = records.filter((record) => JSON.stringify(record.body).includes(`"${id}"`));
    print([JSON.stringify(about, null, 2)]);
    return about.length > 0 ? 0 : EXIT_UNCHECKED;
  }
  const lines = auditShow(records, id);
  if (lines.length === 0) {
    throw new DeltaringError('INPUT_INVALID', `no record names ${id}: look it up in recent orders`);
  }
  print(lines);
  return 0;
}

function exitCodeOf(error: unknown): number {
  const isCorrupt = error instanceof DeltaringError && error.code === 'JOURNAL_CORRUPT';
  return isCorrupt ? EXIT_TAMPERED : EXIT_UNCHECKED;
}

/** Exit 0 clean, 1 tampered, 2 could not check: whatever stands in the way is never "tampered". */
export async function audit(args: readonly string[]): Promise<number> {
  const json = args.includes('--json');
  const [what, target] = args.filter((arg) => arg !== '--json');
  try {
    if (what === 'verify') return await verify(target, json);
    if (what === 'show') return show(target, json);
    process.stderr.write(USAGE);
    return EXIT_UNCHECKED;
  } catch (error) {
    process.stderr.write(`deltaring: ${error instanceof Error ? error.message : String(error)}\n`);
    return exitCodeOf(error);
  }
}
