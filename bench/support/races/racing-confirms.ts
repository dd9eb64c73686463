/**
 * One token, many hands: its principal confirms it again and again at once, a stranger tries it too,
 * and journal and clock step in between. All of it goes through the product's desk and shell, in an
 * order that the seed decides. Of the transport that a confirm came over the desk knows nothing: those
 * of one principal are confirms of one caller.
 */

import type { BrokerEvent, OrderGateway } from '../../../src/broker/order-gateway.ts';
import type { Caller, ConfirmResult } from '../../../src/desk/engine-api.ts';
import { BrokerTap } from '../../../src/desk/simulation/broker-tap.ts';
import { SeededRandom } from '../../../src/desk/simulation/seeded-random.ts';
import { BenchDesk } from '../bench-desk.ts';

export const RACE_PLANTS = ['token-reuse', 'never-sent'] as const;
export type RacePlant = (typeof RACE_PLANTS)[number];

const OWNER: Caller = { principal: 'bench', authority: 'open' };
const STRANGER: Caller = { principal: 'bench:2', authority: 'open' };
/** A desk remembers its orders: a fresh one keeps each race as cheap as the first. */
const RACES_A_DESK = 100;
const MOST_CONFIRMS_EACH = 3;
const STREAM = 1;

export interface RaceOptions {
  readonly races: number;
  readonly seed: number;
  readonly plant?: RacePlant | undefined;
  /** False ends the races early. */
  readonly progress?: (done: number, violations: number) => boolean;
}

export interface RaceOutcome {
  readonly races: number;
  readonly violations: readonly string[];
  /** Confirms put, by what they came to. */
  readonly confirms: { first: number; replayed: number; foreign: number };
  /** Orders that reached the broker. */
  readonly sent: number;
}

/** What a race counts as it goes on. */
interface Tally {
  readonly violations: string[];
  readonly confirms: RaceOutcome['confirms'];
  sent: number;
}

class Track {
  readonly desk: BenchDesk;
  readonly submits = new Map<string, number>();

  constructor(plant: RacePlant | undefined) {
    const observer = {
      onSubmit: ({ intentId }: { readonly intentId: string }) => {
        this.submits.set(intentId, (this.submits.get(intentId) ?? 0) + 1);
      },
      onReprice: () => undefined,
      onEvent: (_event: BrokerEvent) => undefined,
    };
    const wrap = (broker: OrderGateway): OrderGateway => {
      const tap = new BrokerTap(broker, observer);
      return plant === 'never-sent' ? Object.assign(tap, { submit: () => [] }) : tap;
    };
    this.desk = new BenchDesk(undefined, { wrap });
    if (plant === 'token-reuse') {
      const { tokens } = this.desk.desk.context;
      Object.assign(tokens, { consume: () => undefined });
    }
  }
}

function valueIn(answer: unknown): ConfirmResult | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the desk's answer to a confirm
  return (answer as { readonly value?: ConfirmResult } | undefined)?.value;
}

function codeIn(answer: unknown): string | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the desk's answer to a confirm
  return (answer as { readonly denied?: { readonly code: string } } | undefined)?.denied?.code;
}

/** One race. The moves of both callers and of the world are dealt in the seed's order. */
function race(track: Track, random: SeededRandom, tally: Tally, name: string): void {
  const { desk } = track;
  const report = (what: string): void => void tally.violations.push(`${name}: ${what}`);
  const { tokenSha256 } = desk.preview();
  const moves = dealt(random);
  const waiting: (() => unknown)[] = [];
  for (const move of moves) {
    if (move === 'journal') desk.makeDurable();
    else if (move === 'clock') desk.shell.step({ kind: 'clock', at: desk.at });
    else {
      const caller = move === 'owner' ? OWNER : STRANGER;
      const answer = desk.put({ kind: 'confirm', tokenSha256 }, caller);
      if (move === 'owner') waiting.push(answer);
      else {
        tally.confirms.foreign += 1;
        const code = codeIn(answer());
        if (code !== 'token_invalid') report(`a stranger heard ${code ?? 'a result'}`);
      }
    }
  }
  // The journal may have been heard of before its owner confirmed: an order that is called back while
  // its record is not durable is never sent, and a race that sends nothing proves nothing.
  desk.makeDurable();
  desk.clear();
  desk.pass(2_500_000, 'quiet');
  judge(track, tally, report, waiting);
}

function judge(
  track: Track,
  tally: Tally,
  report: (what: string) => void,
  waiting: readonly (() => unknown)[],
): void {
  const results = waiting.map((answer) => valueIn(answer()));
  const ids = new Set(results.map((result) => result?.orderId));
  if (ids.size > 1 || ids.has(undefined)) report(`its owner heard of ${[...ids].join(', ')}`);
  const replayed = results.filter((result) => result?.replayed === true).length;
  tally.confirms.replayed += replayed;
  tally.confirms.first += results.length - replayed;
  if (results.length > 0 && replayed !== results.length - 1) {
    report(`${results.length - replayed} of ${results.length} confirms were the first`);
  }
  for (const [intentId, times] of track.submits) {
    tally.sent += 1;
    if (times !== 1) report(`${intentId} was sent ${times} times`);
  }
  if (track.submits.size !== 1) report(`${track.submits.size} orders were sent`);
  track.submits.clear();
}

type Move = 'owner' | 'stranger' | 'journal' | 'clock';

function dealt(random: SeededRandom): readonly Move[] {
  const moves: Move[] = ['owner', 'owner', 'stranger', 'journal'];
  for (let i = random.whole(0, MOST_CONFIRMS_EACH); i > 0; i -= 1) {
    moves.push(random.chance(0.5) ? 'owner' : 'stranger');
    if (random.chance(0.5)) moves.push(random.chance(0.5) ? 'journal' : 'clock');
  }
  return moves
    .map((move) => ({ move, at: random.next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ move }) => move);
}

/** Runs the races. */
export function raceConfirms(options: RaceOptions): RaceOutcome {
  const { races, seed, plant, progress = () => true } = options;
  const random = new SeededRandom(seed, STREAM);
  const confirms = { first: 0, replayed: 0, foreign: 0 };
  const tally: Tally = { violations: [], confirms, sent: 0 };
  let track = new Track(plant);
  let done = 0;
  while (done < races && progress(done, tally.violations.length)) {
    if (done > 0 && done % RACES_A_DESK === 0) track = new Track(plant);
    done += 1;
    race(track, random, tally, `seed ${seed}, race ${done}`);
  }
  return { races: done, violations: tally.violations, confirms, sent: tally.sent };
}
