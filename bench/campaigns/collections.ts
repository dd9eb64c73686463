/** Garbage collections of the receiving thread in steady state, from the socket to the row. */
import { MILLIS_PER_SECOND } from '../../src/engine/domain/units.ts';
import type { Campaign, CampaignOptions, CampaignOutcome } from '../support/campaign.ts';
import { numberedFrames } from '../support/ingest-frames.ts';
import { type IngestKind, IngestReceiver } from '../support/ingest-receiver.ts';
import { QuoteServer } from '../support/quote-server.ts';
import { sampleChain } from '../support/sample-chain.ts';

const FRAMES = 64;
const EVENTS = 21;
/** Sent as fast as they are taken, before anything is counted: what runs is compiled then. */
const WARM_FRAMES = 40_000;
/** A program that makes objects of events, where ours should be. */
const OBJECTS = 'objects';

/** What is watched, at how many events a second, and the collections a minute that it may make;
 * without that it is only told of. A held condor is judged and the day governed on every batch: some
 * nine kilobytes each, in code that runs too seldom to be compiled to the last, and V8 keeps its
 * nursery at a megabyte. */
const WATCHED: readonly (readonly [IngestKind, rate: number, mostAMinute?: number])[] = [
  ['own', 2_000, 0],
  ['core', 2_000, 0],
  ['core', 50_000],
  ['held', 2_000, 90],
  ['held', 50_000],
];
const SECONDS_PER_MINUTE = 60;
/** Growth of the heap that counts as none, the process's own timers and messages included: whatever
 * is made of events is several times that, and shows long before it is collected. */
const MOST_BYTES_PER_EVENT = 100;

async function watch(kind: IngestKind, rate: number, seconds: number) {
  const server = await QuoteServer.listen();
  const receiver = await IngestReceiver.start(kind, server);
  const frames = numberedFrames(sampleChain(), FRAMES, EVENTS);
  const everyMillis = (MILLIS_PER_SECOND * EVENTS) / rate;
  const count = Math.round((seconds * MILLIS_PER_SECOND) / everyMillis);
  try {
    await receiver.run(frames, WARM_FRAMES, { events: EVENTS });
    const pace = { frames: 1, everyMillis };
    return (await receiver.run(frames, count, { events: EVENTS, pace })).result;
  } finally {
    receiver.stop();
    await server.close();
  }
}

async function run({ runs, plant, progress }: CampaignOptions): Promise<CampaignOutcome> {
  const violations: string[] = [];
  const collections: Record<string, number> = {};
  const bytes: Record<string, number> = {};
  for (const [kind, rate, mostAMinute] of WATCHED) {
    const result = await watch(plant === OBJECTS ? 'official' : kind, rate, runs);
    const name = `${kind} at ${rate} events/s`;
    const perEvent = result.collections === 0 ? Math.round(result.heapBytes / result.events) : 0;
    collections[name] = result.collections;
    if (result.collections === 0) bytes[name] = perEvent;
    if (perEvent > MOST_BYTES_PER_EVENT) violations.push(`${name}: ${perEvent} bytes an event`);
    if (mostAMinute !== undefined) {
      const most = Math.ceil((mostAMinute * result.seconds) / SECONDS_PER_MINUTE);
      if (result.collections > most) {
        violations.push(`${name}: ${result.collections} collections in ${result.seconds} s`);
      }
    }
    progress(runs, violations.length);
  }
  return {
    runs,
    violations,
    counts: { collections, bytes },
    notes: [
      'own: the chain alone behind the feed; core: recorder, desk, paper broker, chain and ring, with nothing held; held: the same with a condor, judged on every batch.',
      'bytes: the growth of the heap per event, where nothing was collected.',
    ],
  };
}

export const campaign: Campaign = {
  name: 'collections',
  proves: 'The core thread collects no garbage in steady state, at the pace of a live chain.',
  runs: 60,
  unit: 'seconds',
  plants: { [OBJECTS]: /bytes an event|collections in/ },
  run,
};
