/**
 * A desk whose records go to a journal thread and whose orders go over the production wires to a broker on
 * loopback. It tells when the bytes of an order were with its socket.
 *
 *     confirm ─► desk ─ append ─► journal thread ─ durable ─► desk ─► kill word ─► adapter ─► wires ─► socket
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';
import type { JournalReply, JournalRequest } from '../../src/audit/journal-protocol.ts';
import { BrokerWireShell } from '../../src/desk/threads/broker-wire-shell.ts';
import { check } from './bench.ts';
import { BenchDesk } from './bench-desk.ts';
import type { BrokerStub } from './broker-stubs.ts';
import { nanosNow } from './samples.ts';

/** Node tells it of each request once all its bytes were written, and once more where its connection was
 * a kept one. */
const WRITTEN = 'http.client.request.start';
const BEAT_MICROS = 100_000;

/** What was true when the last byte of an order was with the socket. */
interface Written {
  readonly nanos: number;
  readonly isWhole: boolean;
  readonly isDurable: boolean;
}

export class WiredDesk {
  readonly desk: BenchDesk;
  readonly #stub: BrokerStub;
  readonly #port: MessagePort;
  readonly #wires: BrokerWireShell;
  #lastSeq = 0;
  #intentSeq = 0;
  #durableSeq = 0;
  /** Requests without an answer. */
  #asked = 0;
  #onOrder: (written: Written) => void = () => undefined;
  #heard: () => void = () => undefined;

  /** `port` leads to the journal's thread. */
  constructor(port: MessagePort, stub: BrokerStub) {
    this.#port = port;
    this.#stub = stub;
    const { wire, secrets, gateway } = stub;
    this.#wires = new BrokerWireShell({
      wire,
      secrets,
      onInput: (input) => {
        if (input.kind === 'httpResponse' || input.kind === 'httpFailed') this.#asked -= 1;
        this.desk.shell.step({ kind: 'wire', at: this.desk.at, wire: input });
        this.#heard();
      },
      jitter: () => 1,
      isKilled: () => this.desk.counters.isKilled(),
    });
    port.on('message', (reply: JournalReply) => this.#onReply(reply));
    this.desk = new BenchDesk((request) => this.#append(request), {
      far: {
        gateway,
        wire: (effect) => {
          if (effect.kind === 'httpSend') this.#asked += 1;
          this.#wires.perform(effect);
        },
      },
    });
    subscribe(WRITTEN, this.#onWritten);
  }

  /** Resolves when the desk knows the account and may trade. */
  async start(): Promise<void> {
    this.#wires.start();
    await this.#until(() => this.desk.desk.context.day.reconciled);
  }

  /** A fresh token; nothing works, and nothing is waited for. */
  async readyToConfirm(): Promise<string> {
    this.desk.clear();
    await this.#until(() => this.desk.orders.length === 0);
    const { tokenSha256 } = this.desk.preview();
    await this.#until(() => this.#isQuiet);
    return tokenSha256;
  }

  /** Redeems it. Resolves with the nanoseconds until its order was with the broker's socket. */
  async confirm(tokenSha256: string): Promise<number> {
    const { orders } = this.#stub.counts();
    const { promise, resolve } = Promise.withResolvers<Written>();
    this.#onOrder = resolve;
    const startedAt = nanosNow();
    this.desk.command({ kind: 'confirm', tokenSha256 });
    const { nanos, isWhole, isDurable } = await promise;
    check(isWhole, 'the whole order is with the socket');
    check(isDurable, 'its record was durable when it left');
    await this.#until(() => this.#isQuiet);
    check(this.#stub.counts().orders === orders + 1, 'one confirm sends one order');
    return nanos - startedAt;
  }

  /** The journal's thread ends once it has written everything. */
  async stop(): Promise<void> {
    unsubscribe(WRITTEN, this.#onWritten);
    this.#wires.stop();
    this.#port.postMessage({ kind: 'close' });
    await this.#stub.stop();
  }

  readonly #onWritten = (message: unknown): void => {
    const nanos = nanosNow();
    const { request } = message as { readonly request: ClientRequest };
    const isOwn = this.#stub.wire.restUrl.endsWith(`//${String(request.getHeader('host'))}`);
    if (!isOwn || request.method !== 'POST') return;
    const isWhole = request.socket?.writableLength === 0;
    this.#onOrder({ nanos, isWhole, isDurable: this.#durableSeq >= this.#intentSeq });
  };

  #append(request: JournalRequest): void {
    for (const { seq, body } of request.kind === 'append' ? request.records : []) {
      this.#lastSeq = seq;
      if (body.kind === 'intentRecorded') this.#intentSeq = seq;
    }
    this.#port.postMessage(request);
  }

  #onReply(reply: JournalReply): void {
    if (reply.kind !== 'durable') throw new Error(`the journal failed: ${reply.reason}`);
    const { durableSeq: seq, hash } = reply;
    this.#durableSeq = seq;
    this.desk.shell.step({ kind: 'journalDurable', at: this.desk.at, seq, hash });
    this.#heard();
  }

  /** The journal has answered for every record, and the broker every request. */
  get #isQuiet(): boolean {
    return this.#durableSeq === this.#lastSeq && this.#asked === 0;
  }

  /** Hears journal and broker until then. Where both have said everything, time passes. */
  async #until(isReached: () => boolean): Promise<void> {
    while (!isReached()) {
      if (this.#isQuiet) {
        await setImmediate();
        this.desk.pass(BEAT_MICROS, 'quiet');
      } else {
        await new Promise<void>((resolve) => {
          this.#heard = resolve;
        });
      }
    }
  }
}
