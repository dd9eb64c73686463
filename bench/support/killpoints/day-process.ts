/**
 * A scripted day as a process of its own: the product's desk, shell, kill switch, journal thread and sealing
 * thread on real files. Its broker is whoever listens at the socket, and outlives it: what really left, what was filled and
 * what is held is known there alone.
 *
 *     node day-process.ts HOME PORT first|again PLANT
 *
 * `first` trades the day. `again` starts on what `first` left, redeems every spent token once more, is
 * reconciled against the broker and closes everything. Lines on the socket, in the order of their writes,
 * beside those to the broker (`far-account.ts`):
 *
 *     durable N     the journal called every record up to N durable
 *     answer ID     a confirm was answered with this order
 *     kill WORD     `set`: the kill is engaged · `rearming`: it is about to be released
 *     latch WORD    `set`: it was answered as on disk · `clearing`: it is about to be removed · `clear`
 *     sealed N ROOT a checkpoint of the sealed log was told, with its root
 *     holds WHAT    what the desk holds, once it is reconciled
 *     knows ID …    orders that the desk knows
 *     fills ID …    executions that the desk's book has
 *     end WHAT      what it holds at its end: `flat` is nothing
 */
import { rmSync } from 'node:fs';
import { MessageChannel } from 'node:worker_threads';
import { startAuditSealing } from '../../../src/audit/audit-sealing-shell.ts';
import { readJournal } from '../../../src/audit/journal-open.ts';
import { journalPaths } from '../../../src/audit/journal-paths.ts';
import type { JournalReply } from '../../../src/audit/journal-protocol.ts';
import { startJournalThread } from '../../../src/audit/journal-thread.ts';
import { readKillLatch } from '../../../src/audit/kill-latch.ts';
import { auditStart } from '../../../src/command/audit-start.ts';
import { KillSwitch } from '../../../src/command/kill-switch.ts';
import type { StrategyRequest } from '../../../src/desk/engine-api-requests.ts';
import type { AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import { MICROS_PER_SECOND } from '../../../src/engine/domain/units.ts';
import { BenchDesk, CONDOR, OPERATOR } from '../bench-desk.ts';
import { BrokerLine } from './broker-line.ts';
import { holdingsText, STRIKES } from './far-account.ts';

const SECOND = MICROS_PER_SECOND;
const MOST_SECONDS_TO_FLAT = 120;
const MOST_SECONDS_TO_AGREE = 120;
const MOST_SECONDS_TO_REST = 30;
/** So narrow that somebody bids for every leg: what nobody bids for is left to expire. */
const NARROW: StrategyRequest = { ...CONDOR, width: 2 };
const STRADDLE = { strategy: 'straddle_scan', strike: 600, quantity: 1 } as const;

const [home = '', port = '', part = 'first', plant = ''] = process.argv.slice(2);
const broker = await BrokerLine.open(Number(port), { isRestart: part === 'again', plant });

/** The desk with its journal thread; every answer, the journal's and the broker's, is waited for where the
 * day says so. */
class Day {
  readonly bench: BenchDesk;
  readonly #kill: KillSwitch;
  readonly #port: MessageChannel['port1'];
  #lastSeq: number;
  #settledSeq: number;
  #heard: () => void = () => undefined;

  constructor(channel: MessageChannel['port1'], records: readonly AuditRecord[]) {
    this.#port = channel;
    this.#lastSeq = records.at(-1)?.seq ?? 0;
    this.#settledSeq = this.#lastSeq;
    channel.on('message', (reply: JournalReply) => this.#onReply(reply));
    this.bench = new BenchDesk((request) => this.#append(request), {
      records,
      strikes: STRIKES,
      at: broker.at,
      far: broker,
      audit: auditStart(home),
    });
    this.#kill = new KillSwitch(home, this.bench.counters);
    broker.onWire = (wire) => this.bench.shell.step({ kind: 'wire', at: this.bench.at, wire });
    broker.onHeard = () => this.#heard();
    broker.onWire({ kind: 'socketOpen' });
  }

  #append(request: Parameters<NonNullable<ConstructorParameters<typeof BenchDesk>[0]>>[0]): void {
    if (request.kind === 'append') this.#lastSeq = request.records.at(-1)?.seq ?? this.#lastSeq;
    this.#port.postMessage(request);
    if (plant === 'skip-fsync') queueMicrotask(() => this.#durable(this.#lastSeq, ''));
  }

  #onReply(reply: JournalReply): void {
    if (reply.kind === 'durable') {
      if (plant !== 'skip-fsync') broker.note(`durable ${reply.durableSeq}`);
      this.#durable(reply.durableSeq, reply.hash);
    } else {
      const { lastSeq, reason, usedReserve: reserveExhausted } = reply;
      this.#settledSeq = Math.max(this.#settledSeq, lastSeq);
      const { at } = this.bench;
      this.bench.shell.step({ kind: 'journalFailed', at, reason, reserveExhausted });
    }
    this.#heard();
  }

  #durable(seq: number, hash: string): void {
    this.#settledSeq = Math.max(this.#settledSeq, seq);
    this.bench.shell.step({ kind: 'journalDurable', at: this.bench.at, seq, hash });
    this.#heard();
  }

  /** Resolves when the journal has answered for everything appended, and the broker for everything asked. */
  async settled(): Promise<void> {
    while (this.#settledSeq < this.#lastSeq || !broker.isQuiet) {
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  async pass(beats: number, micros = SECOND): Promise<void> {
    for (let i = 0; i < beats; i += 1) {
      this.bench.pass(micros);
      broker.tick(this.bench.at);
      await this.settled();
    }
  }

  /** Redeems a token and says what the face would be told. */
  async confirm(tokenSha256: string): Promise<void> {
    const answers: unknown[] = [];
    this.bench.onMessage = (message) => {
      if (message.kind === 'reply') answers.push(message.result);
    };
    answers.push(this.bench.command({ kind: 'confirm', tokenSha256 }));
    await this.settled();
    await this.pass(2);
    this.bench.onMessage = () => undefined;
    for (const orderId of new Set(answers.flatMap(orderIdIn))) broker.say(`answer ${orderId}`);
  }

  /** A preview and its confirm; where the desk refuses, as it may once the journal failed, nothing. */
  async open(request: StrategyRequest): Promise<void> {
    const tokenSha256 = this.bench.newToken();
    this.bench.command({ kind: 'previewStrategy', request, tokenSha256 });
    await this.settled();
    await this.confirm(tokenSha256);
  }

  /** Until no order is on its way or at work. */
  async rest(): Promise<void> {
    const { orders } = this.bench.desk.context;
    for (let i = 0; i < MOST_SECONDS_TO_REST && orders.live().length > 0; i += 2) {
      await this.pass(1, 2 * SECOND);
    }
  }

  /** Word, latch and core are killed, twice, and released again by the operator. */
  async drill(): Promise<void> {
    await this.kill('a drill', OPERATOR.principal);
    await this.kill('a drill', OPERATOR.principal);
    broker.say('kill rearming');
    const answer = this.bench.put({ kind: 'rearm' }, OPERATOR);
    await this.settled();
    if (isDenied(answer())) return;
    broker.say('latch clearing');
    if ((await this.#kill.clear()) === undefined) broker.say('latch clear');
  }

  /** A latch that stood at the start, as the engine's own start takes it up. */
  takeLatch(): void {
    const latch = readKillLatch(home);
    if (latch === undefined) return;
    this.bench.counters.raiseKillWord();
    if (this.bench.desk.context.day.killed) return;
    const command = { kind: 'kill', reason: latch.reason } as const;
    this.bench.command(command, { principal: 'latch', authority: 'observe' });
  }

  async kill(asked: string, principal: string): Promise<void> {
    const isKept = plant !== 'forget-latch';
    const { reason, kept } = isKept
      ? this.#kill.engage(asked, principal)
      : { reason: asked, kept: undefined };
    this.bench.command({ kind: 'kill', reason }, { principal, authority: 'observe' });
    await this.settled();
    if ((await kept) === undefined) broker.note('latch set');
    broker.say('kill set');
  }

  /** Until nothing is unknown and the books agree. */
  async agree(): Promise<void> {
    const { orders, day } = this.bench.desk.context;
    const isOpen = (): boolean =>
      !day.reconciled || orders.live().some(({ status }) => status === 'unknown');
    for (let i = 0; i < MOST_SECONDS_TO_AGREE && isOpen(); i += 1) await this.pass(1);
    broker.say(`holds ${this.#holdings()}`);
  }

  async flatten(): Promise<void> {
    const { book, orders } = this.bench.desk.context;
    const isFlat = (): boolean => book.structures().length + orders.live().length === 0;
    for (let i = 0; i < MOST_SECONDS_TO_FLAT && !isFlat(); i += 10) {
      this.bench.command({ kind: 'flattenNow' }, OPERATOR);
      await this.settled();
      await this.pass(5, 2 * SECOND);
    }
  }

  #holdings(): string {
    return holdingsText(this.bench.desk.context.book.held());
  }

  async close(): Promise<void> {
    const { orders, day, book } = this.bench.desk.context;
    await this.settled();
    if (day.killed) broker.say('kill set');
    const all = orders.all();
    const fillIds = all.flatMap(({ fills }) => fills.map(({ fillId }) => fillId));
    broker.say(`knows ${all.map(({ intent }) => intent.intentId).join(' ')}`);
    broker.say(`fills ${fillIds.filter((id) => book.knows(id)).join(' ')}`);
    broker.say(`end ${this.#holdings()}`);
    this.#port.postMessage({ kind: 'close' });
  }
}

/** The order of a confirm's answer. One that was denied because its record could not be written was
 * never given, and need not be remembered. */
function orderIdIn(answer: unknown): readonly string[] {
  const text = JSON.stringify(answer) ?? '';
  const found = /"orderId":"([^"]+)"/.exec(text);
  const isDenied = text.includes('"status":"denied"');
  return found?.[1] === undefined || isDenied ? [] : [found[1]];
}

function isDenied(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'denied' in answer;
}

async function trade(day: Day): Promise<void> {
  // The broker's market opens too.
  await day.pass(1);
  await day.open(STRADDLE);
  await day.drill();
  await day.open(NARROW);
  await day.open({ ...STRADDLE, strike: 602 });
  await day.rest();
  await day.flatten();
}

/** After a restart nothing is sent again, whatever is asked for again. */
async function takeUp(day: Day, records: readonly AuditRecord[]): Promise<void> {
  day.takeLatch();
  await day.settled();
  for (const { body } of records) {
    if (body.kind === 'intentRecorded' && body.tokenSha256 !== null) {
      await day.confirm(body.tokenSha256);
    }
  }
  await day.agree();
  await day.flatten();
}

const records = part === 'first' ? [] : readJournal(home).records;
if (part === 'again' && plant === 'forget-log') {
  rmSync(journalPaths(home).log, { recursive: true, force: true });
}
const { port1, port2 } = new MessageChannel();
const thread = await startJournalThread({ home, corePort: port2 });
const day = new Day(port1, records);
const sealing = await startAuditSealing({
  home,
  build: 'bench',
  s3: undefined,
  onHead: ({ checkpoint, root }) => broker.note(`sealed ${checkpoint} ${root}`),
});
if (part === 'first') await trade(day);
else await takeUp(day, records);
await day.close();
await thread.closed;
await sealing.close();
broker.end();
