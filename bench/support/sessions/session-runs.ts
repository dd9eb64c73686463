/** Simulated sessions as a campaign runs them: which kind each seed is of, and what one run shows. */

import { decodeRecording, RecordingEncoder } from '../../../src/audit/session-recording.ts';
import type { OrderGateway } from '../../../src/broker/order-gateway.ts';
import { PaperBroker } from '../../../src/broker/paper/paper-broker.ts';
import { gatewayOf } from '../../../src/desk/gateway-of.ts';
import { summarizeJournal } from '../../../src/desk/journal-summary.ts';
import type { BehindWires, BrokerKind } from '../../../src/desk/simulation/far-broker.ts';
import { REMOTE } from '../../../src/desk/simulation/remote-link.ts';
import type { GatewayOf, Surroundings } from '../../../src/desk/simulation/replay.ts';
import { replayRecording } from '../../../src/desk/simulation/replay.ts';
import type {
  EngineRun,
  SessionOptions,
  SessionReport,
} from '../../../src/desk/simulation/session-report.ts';
import type { SessionTally } from '../../../src/desk/simulation/session-tally.ts';
import { runSession } from '../../../src/desk/simulation/simulated-session.ts';
import { WireGateway } from '../../../src/desk/simulation/wire-gateway.ts';
import { ALPACA } from './alpaca-far.ts';
import type { Replays } from './enough.ts';
import { lacksOfSession } from './enough.ts';
import { PLANT_WORDS } from './plant-words.ts';
import type { PlantName } from './plants.ts';
import { plantOf } from './plants.ts';
import { TASTYTRADE } from './tastytrade-far.ts';

/** Every so many sessions one is of a half day. */
const HALF_DAY_EVERY = 8;
/** Every so many sessions one has SPY's own chain and pace: it takes as long as thirty others. */
const DENSE_EVERY = 500;
/** Every so many sessions one trades with a broker behind bad wires. Of so many of these, one trades
 * through each production adapter: it takes as long as twenty others. */
const BEHIND_WIRES_EVERY = 3;
const ADAPTERS_EVERY = 30;
const ADAPTERS: readonly BehindWires[] = [TASTYTRADE, ALPACA];
const HALF_DAY = '2026-11-27';
const FULL_DAY = '2026-11-20';
const HEADER = {
  build: 'simulated',
  v8: process.versions.v8,
  arch: process.arch,
  session: FULL_DAY,
};

/** One session to run. */
export interface SessionJob {
  readonly seed: number;
  readonly plant?: PlantName | undefined;
  /** Runs it a second time and replays its recordings. */
  readonly twice: boolean;
}

/** What a session came to, small enough to be sent between threads. */
export interface SessionOutcome extends Replays {
  readonly seed: number;
  readonly trace: string;
  readonly violations: readonly string[];
  /** What it has too little of to count as a session. */
  readonly lacks: readonly string[];
  readonly tally: SessionTally;
}

/** What the seed alone decides about a session, so that one that fails can be run again by itself. */
export function sessionOf(
  seed: number,
): Pick<SessionOptions, 'seed' | 'date' | 'shape' | 'broker'> {
  const date = seed % HALF_DAY_EVERY === 0 ? HALF_DAY : FULL_DAY;
  const shape = seed % DENSE_EVERY === 0 ? 'dense' : 'sparse';
  return { seed, date, shape, broker: brokerOf(seed) };
}

function brokerOf(seed: number): BehindWires | undefined {
  const turn = seed / BEHIND_WIRES_EVERY;
  return Number.isInteger(turn) ? (ADAPTERS[(turn % ADAPTERS_EVERY) - 1] ?? REMOTE) : undefined;
}

/** Bytes of a run's recording, as they would stand in a file, read back. */
function recordingOf({ chunks }: EngineRun) {
  const encoder = new RecordingEncoder();
  const bytes = [encoder.begin(HEADER), ...chunks.map((chunk) => encoder.chunk(chunk))];
  return decodeRecording(Buffer.concat([...bytes, encoder.end('complete')]));
}

/** What a replay takes by itself is what the recorded configuration names. */
const GATEWAYS: Readonly<Record<BrokerKind, GatewayOf>> = {
  paper: gatewayOf,
  tastytrade: gatewayOf,
  alpaca: gatewayOf,
  remote: ({ accountId, paperSeed: seed, past }) => {
    const { capabilities } = new PaperBroker({ accountId, seed, history: summarizeJournal([]) });
    return new WireGateway(accountId, capabilities, past.brokerEvents);
  },
};

/** The surroundings of a run, in which faults turn the paper broker's knobs when they did. */
function surroundingsOf({ broker, drills }: EngineRun): Surroundings {
  let gateway: OrderGateway | undefined;
  return {
    gatewayOf: (start) => {
      gateway = GATEWAYS[broker](start);
      return gateway;
    },
    before: (place) => {
      if (!(gateway instanceof PaperBroker)) return;
      for (const { before, drill } of drills) {
        if (before === place) gateway.setKnobs(drill);
      }
    },
  };
}

interface OnceMore extends Replays {
  readonly found: readonly string[];
}

/** What a second run and a replay of the recordings show that the first run does not. */
function onceMore(report: SessionReport): OnceMore {
  const found: string[] = [];
  const again = runSession(sessionOf(report.seed));
  if (again.trace !== report.trace) found.push('a second run gave another trace');
  let replayed = 0;
  for (const [index, run] of report.runs.entries()) {
    if (run.records.length === 0) continue;
    replayed += 1;
    const { identical, lines } = replayRecording(
      recordingOf(run),
      run.journal,
      HEADER.build,
      surroundingsOf(run),
    );
    if (!identical) found.push(`replay of start ${index}: ${lines[0]}`);
  }
  return { found, replayed, notReplayed: report.runs.length - replayed };
}

const NOT_TWICE: OnceMore = { found: [], replayed: 0, notReplayed: 0 };

/** Runs one session, as often as the job says; with a plant until that is found. */
export function runJob({ seed, plant, twice }: SessionJob): SessionOutcome {
  const planted =
    plant === undefined ? {} : { wraps: plantOf(plant), sought: [PLANT_WORDS[plant]] };
  const report = runSession({ ...sessionOf(seed), ...planted, isRecorded: twice });
  const { trace, tally, violations } = report;
  const isTwice = plant === undefined && twice;
  const { found, replayed, notReplayed } = isTwice ? onceMore(report) : NOT_TWICE;
  // One that is broken off has no time for what a session has to meet.
  const lacks = plant === undefined ? lacksOfSession(tally) : [];
  return {
    seed,
    trace,
    violations: [...violations, ...found],
    lacks,
    tally,
    replayed,
    notReplayed,
  };
}
