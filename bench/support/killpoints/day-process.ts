/**
 * A scripted day as a process of its own: the product's desk, shell and journal thread on real files,
 * and a broker behind a loopback socket, so that what really left can be witnessed from outside.
 *
 *     node day-process.ts HOME PORT first|again PLANT
 *
 * `first` trades the day. `again` starts on what `first` left, redeems every spent token once more,
 * and closes everything. Lines on the socket, in the order of their writes:
 *
 *     order ID      an order goes to the broker
 *     durable N     the journal called every record up to N durable
 *     answer ID     a confirm was answered with this order
 *     knows ID      the desk knows this order
 *     end STATE     flat, or what is held
 */
import { connect } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import { readJournal } from '../../../src/audit/journal-open.ts';
import type { JournalReply } from '../../../src/audit/journal-protocol.ts';
import { startJournalThread } from '../../../src/audit/journal-thread.ts';
import type { StrategyRequest } from '../../../src/desk/engine-api-requests.ts';
import { BrokerTap } from '../../../src/desk/simulation/broker-tap.ts';
import type { AuditRecord } from '../../../src/engine/domain/audit-record.ts';
import { MICROS_PER_SECOND } from '../../../src/engine/domain/units.ts';
import { BenchDesk, CONDOR, OPERATOR } from '../bench-desk.ts';

const SECOND = MICROS_PER_SECOND;
const STRIKES = 40;
const MOST_SECONDS_TO_FLAT = 120;
/** So narrow that somebody bids for every leg: what nobody bids for is left to expire. */
const NARROW: StrategyRequest = { ...CONDOR, width: 2 };
const STRADDLE = { strategy: 'straddle_scan', strike: 600, quantity: 1 } as const;
const LOOPBACK = '127.0.0.1';

const [home = '', port = '', part = 'first', plant = ''] = process.argv.slice(2);
const socket = connect({ host: LOOPBACK, port: Number(port), noDelay: true });
await new Promise((resolve, reject) => {
  socket.once('connect', resolve);
  socket.once('error', reject);
});

function say(line: string): void {
  socket.write(`${line}\n`);
}

/** The desk with its journal thread; every record's answer is waited for where the day says so. */
class Day {
  readonly bench: BenchDesk;
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
      wrap: (broker) =>
        new BrokerTap(broker, {
          onSubmit: ({ intentId }) => say(`order ${intentId}`),
          onReprice: () => undefined,
          onEvent: () => undefined,
        }),
    });
  }

  #append(request: Parameters<NonNullable<ConstructorParameters<typeof BenchDesk>[0]>>[0]): void {
    if (request.kind === 'append') this.#lastSeq = request.records.at(-1)?.seq ?? this.#lastSeq;
    this.#port.postMessage(request);
    if (plant === 'skip-fsync') queueMicrotask(() => this.#durable(this.#lastSeq, ''));
  }

  #onReply(reply: JournalReply): void {
    if (reply.kind === 'durable') {
      if (plant !== 'skip-fsync') say(`durable ${reply.durableSeq}`);
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

  /** Resolves when the journal has answered for everything appended. */
  async settled(): Promise<void> {
    while (this.#settledSeq < this.#lastSeq) {
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  async pass(seconds: number): Promise<void> {
    for (let i = 0; i < seconds; i += 1) {
      this.bench.pass(SECOND);
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
    await this.pass(3);
    this.bench.onMessage = () => undefined;
    for (const orderId of answers.flatMap(orderIdIn)) say(`answer ${orderId}`);
  }

  /** A preview and its confirm; where the desk refuses, as it may once the journal failed, nothing. */
  async open(request: StrategyRequest): Promise<void> {
    const tokenSha256 = this.bench.newToken();
    this.bench.command({ kind: 'previewStrategy', request, tokenSha256 });
    await this.settled();
    await this.confirm(tokenSha256);
  }

  async flatten(): Promise<void> {
    const { book } = this.bench.desk.context;
    for (let i = 0; i < MOST_SECONDS_TO_FLAT && book.structures().length > 0; i += 10) {
      this.bench.command({ kind: 'flattenNow' }, OPERATOR);
      await this.pass(10);
    }
  }

  async close(): Promise<void> {
    const { book, orders } = this.bench.desk.context;
    await this.settled();
    for (const { intent } of orders.all()) say(`knows ${intent.intentId}`);
    const held = [...book.held()].map(([symbol, quantity]) => `${symbol} ${quantity}`);
    say(`end ${held.length === 0 ? 'flat' : held.join(', ')}`);
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

async function trade(day: Day): Promise<void> {
  await day.open(NARROW);
  await day.open(STRADDLE);
  day.bench.command({ kind: 'kill', reason: 'a drill' });
  await day.settled();
  day.bench.command({ kind: 'rearm' }, OPERATOR);
  await day.settled();
  await day.open({ ...STRADDLE, strike: 602 });
  await day.flatten();
}

/** After a restart nothing is sent again, whatever is asked for again. */
async function takeUp(day: Day, records: readonly AuditRecord[]): Promise<void> {
  await day.settled();
  for (const { body } of records) {
    if (body.kind !== 'intentRecorded') continue;
    // A planted bug: what has no end in the journal is taken for lost and sent again.
    if (plant === 'resend-on-timeout') say(`order ${body.intent.intentId}`);
    if (body.tokenSha256 !== null) await day.confirm(body.tokenSha256);
  }
  await day.flatten();
}

const records = part === 'first' ? [] : readJournal(home).records;
const { port1, port2 } = new MessageChannel();
const thread = await startJournalThread({ home, corePort: port2 });
const day = new Day(port1, records);
if (part === 'first') await trade(day);
else await takeUp(day, records);
await day.close();
await thread.closed;
socket.end();
