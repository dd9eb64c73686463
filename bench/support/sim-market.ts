/** The product's simulator on a thread of its own, with the I/O worker that opens it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, type Worker } from 'node:worker_threads';
import { startIo, startSim } from '../../src/command/engine-threads.ts';
import { simulatedTimeOf } from '../../src/command/session-time.ts';
import { readConfig } from '../../src/config.ts';
import { summarizeJournal } from '../../src/desk/journal-summary.ts';
import type { FromIo, ToIo } from '../../src/desk/threads/core-protocol.ts';
import { type Clock, simulatedClock } from '../../src/engine/domain/clock.ts';
import type { ChainListing } from '../../src/engine/domain/market.ts';
import { newYorkDate } from '../../src/engine/domain/session-calendar.ts';

export interface SimMarket {
  readonly clock: Clock;
  readonly listing: ChainListing;
  readonly url: string;
  readonly token: string;
  stop(): Promise<void>;
}

/** Starts it at the default hour of the next session and fetches what a client needs. */
export async function startSimMarket(): Promise<SimMarket> {
  const home = mkdtempSync(join(tmpdir(), 'deltaring-bench-'));
  const config = readConfig({ DELTARING_HOME: home });
  const time = simulatedTimeOf(config, summarizeJournal([]));
  const clock = simulatedClock(time);
  const sim = await startSim(config, time);
  const { port1, port2 } = new MessageChannel();
  const io = startIo(config, { source: sim.source, port: port2, accountId: 'PAPER-BENCH' });
  const answers = new Answers(port1, io);
  const date = newYorkDate(clock.now().market);
  const token = await answers.to({ kind: 'token' });
  const listing = await answers.to({ kind: 'listing', date });
  if (token.kind !== 'token' || listing.kind !== 'listing') {
    throw new Error(`the simulator did not open: ${JSON.stringify([token, listing])}`);
  }
  return {
    clock,
    listing: listing.listing,
    url: token.url,
    token: token.token,
    async stop() {
      port1.close();
      await Promise.all([io.terminate(), sim.worker.terminate()]);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

class Answers {
  readonly #port: MessageChannel['port1'];
  readonly #died: Promise<never>;

  constructor(port: MessageChannel['port1'], io: Worker) {
    this.#port = port;
    this.#died = new Promise((_, reject) => io.once('error', reject));
    this.#died.catch(() => undefined);
  }

  to(question: ToIo): Promise<FromIo> {
    const answer = new Promise<FromIo>((resolve) => this.#port.once('message', resolve));
    this.#port.postMessage(question);
    return Promise.race([answer, this.#died]);
  }
}
