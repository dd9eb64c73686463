/**
 * A broker at the other end of bad wires, modelled on one that does not refuse an order it has seen
 * before. It outlives every crash of the engine. One user.
 */

import type { ApprovedOrder } from '../../broker/approved-order.ts';
import type { WireInput } from '../../broker/order-gateway.ts';
import type { PaperBroker } from '../../broker/paper/paper-broker.ts';
import type { HttpSend } from '../../broker/wire-requests.ts';
import type { At } from '../../engine/domain/clock.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { soonest } from './event-queue.ts';
import type { RequestFates, WireDoor } from './lossy-wires.ts';
import { LossyWires } from './lossy-wires.ts';
import type { DryRunFate } from './remote-dry-run.ts';
import type { RemoteRequest } from './remote-venue.ts';
import { RemoteVenue } from './remote-venue.ts';
import type { SeededRandom } from './seeded-random.ts';

const FATES: RequestFates = {
  normal: 88,
  lostRequest: 3,
  lostAnswer: 5,
  gateway502: 2,
  unreachable: 2,
  slow: 0,
};
/** What a dry run comes to. */
const DRY_RUN_FATES: Readonly<Record<DryRunFate, number>> = {
  right: 94,
  refused: 2,
  odd: 2,
  unreadable: 2,
};

export interface RemoteBrokerOptions {
  readonly paper: PaperBroker;
  readonly random: SeededRandom;
  /** Hears of every order that arrives. */
  readonly onArrival: (intentId: string) => void;
  readonly door: WireDoor;
}

export class RemoteBroker {
  readonly paper: PaperBroker;
  readonly venue: RemoteVenue;
  readonly #wires: LossyWires<RemoteRequest>;

  constructor({ paper, random, onArrival, door }: RemoteBrokerOptions) {
    this.paper = paper;
    this.venue = new RemoteVenue({
      paper,
      dryRunFate: () => random.weighted(DRY_RUN_FATES),
      onArrival,
      onFrame: (text, at) => this.#wires.frame(text, at),
    });
    this.#wires = new LossyWires({
      random,
      fatesOf: () => FATES,
      serve: (request, at) => this.venue.serve(request, at),
      door,
    });
  }

  /** When something next arrives at one end or the other. */
  next(): EpochMicros | undefined {
    return soonest(this.#wires.next(), this.paper.nextWake());
  }

  /** The engine sent this. */
  onSend(send: HttpSend, order: ApprovedOrder | undefined, at: At): void {
    this.#wires.send({ send, order }, at);
  }

  /** Everything that is due by now: what arrives is done, what reaches the engine is returned. */
  run(at: At): readonly WireInput[] {
    return this.#wires.run(at);
  }

  /** The engine is gone: what was on its way to it is lost, what was on its way here is not. */
  onCrash(): void {
    this.#wires.onCrash();
  }
}
