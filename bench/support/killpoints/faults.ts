/** What of the promises a struck day and the restart behind it broke. */
import type { AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import type { AccountFacts } from './far-account.ts';
import type { HomeFacts } from './home-facts.ts';
import type { Ended, Injection } from './strace.ts';
import { wasKilled } from './strace.ts';
import type { Said } from './witness.ts';

/** Ended by itself, told of a fault of its own, or could not open the journal. */
const SANE_EXITS: ReadonlySet<number | null> = new Set([0, 1]);

export interface Seen {
  readonly broken: Ended;
  readonly before: Said;
  readonly again: Ended;
  readonly after: Said;
  /** The home's files behind the struck day, and behind the restart. */
  readonly left: HomeFacts;
  readonly kept: HomeFacts;
  /** The account at the end of both. */
  readonly account: AccountFacts;
  /** The journal at the end of both. */
  readonly records: readonly AuditRecord[];
}

export function faultsOf(seen: Seen, { fault }: Pick<Injection, 'fault'>): readonly string[] {
  const { broken, before, again, after, records } = seen;
  const found: string[] = [];
  const isKilled = wasKilled(broken);
  if (broken.isLate) found.push('the day hung');
  else if (!isKilled && !SANE_EXITS.has(broken.code)) found.push(`it ended with ${broken.code}`);
  if (fault !== 'SIGKILL' && isKilled) found.push('an error of the disk killed it');
  if (again.code !== 0)
    found.push(`the restart ended with ${again.code}: ${again.stderr.slice(-300)}`);
  if ((records.at(-1)?.seq ?? 0) < before.durable)
    found.push(`record ${before.durable} was durable and is lost`);
  for (const id of before.answers) {
    if (!after.knows.includes(id)) found.push(`${id} was answered and is forgotten`);
  }
  if (before.kill === 'set' && after.kill !== 'set') found.push('a kill was set and is forgotten');
  const ofRestart = again.code === 0 ? [...bookFaults(seen), ...sealFaults(seen)] : [];
  return [...found, ...latchFaults(seen), ...orderFaults(seen), ...ofRestart];
}

/** The latch is what it was answered to be; the restart changes nothing of it. */
function latchFaults({ before, left, kept }: Seen): readonly string[] {
  const found: string[] = [];
  if (before.latch === 'set' && !left.isLatched)
    found.push('a latch was answered as set and is not there');
  if (before.latch === 'clear' && left.isLatched)
    found.push('a latch was answered as cleared and is there');
  if (left.isLatched !== kept.isLatched)
    found.push(`the restart left the latch ${kept.isLatched ? 'set' : 'clear'}`);
  return found;
}

/** A verifier called it tampered with at no time. Behind the restart all is sealed, and every checkpoint that
 * was told is there as it was told. */
function sealFaults({ before, after, left, kept }: Seen): readonly string[] {
  const told = [...before.sealed, ...after.sealed].filter(
    ({ checkpoint, root }) => kept.roots.get(checkpoint) !== root,
  );
  // Before a record is durable there may be no journal to verify.
  const mayLack = before.durable === 0;
  const isSealed = kept.sealedSeq >= kept.report.lastSeq;
  return [
    ...verifierFaults(left.report, 'behind the struck day', mayLack),
    ...verifierFaults(kept.report, 'behind the restart', false),
    ...told.map(({ checkpoint }) => `checkpoint ${checkpoint} was told and is lost`),
    ...(isSealed ? [] : [`records behind ${kept.sealedSeq} are not sealed by the restart`]),
  ];
}

function verifierFaults(
  { exitCode, findings }: HomeFacts['report'],
  when: string,
  mayLack: boolean,
): readonly string[] {
  if (exitCode === 0 || (exitCode === 2 && mayLack)) return [];
  const what = findings.filter(({ severity }) => severity !== 'notice').map((each) => each.what);
  return [`the verifier answers ${exitCode} ${when}: ${what.join('; ')}`];
}

/** Every order that the broker got is recorded, once, and came once. */
function orderFaults({ account: { arrivals }, records }: Seen): readonly string[] {
  const recorded = records.flatMap(({ body }) =>
    body.kind === 'intentRecorded' ? [body.intent.intentId] : [],
  );
  const times = (id: string): number => recorded.filter((other) => other === id).length;
  const twice = arrivals.filter((id, index) => arrivals.indexOf(id) !== index);
  return [
    ...twice.map((id) => `${id} went to the broker twice`),
    ...[...new Set(arrivals)].flatMap((id) => {
      if (times(id) === 0) return [`${id} was sent and is not recorded`];
      return times(id) === 1 ? [] : [`${id} is recorded ${times(id)} times`];
    }),
  ];
}

/** What the broker's account says of the restarted desk's book, and of itself. */
function bookFaults({ after, account }: Seen): readonly string[] {
  const { fillIds, working, holdings } = account;
  const missed = fillIds.filter((id) => !after.fills.includes(id));
  const differ = after.books.filter((book) => book.desk !== book.account);
  const isFlat = holdings === 'flat' && after.end === 'flat';
  return [
    ...missed.map((id) => `the broker made ${id} and the book has it not`),
    ...differ.map((book) => `the book holds ${book.desk}, the account ${book.account}`),
    ...working.map((id) => `${id} still works at the end`),
    ...(isFlat ? [] : [`it ends with ${after.end}, the account with ${holdings}`]),
  ];
}
