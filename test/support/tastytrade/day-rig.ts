/** The whole desk before the stub of tastytrade, through its real adapter: quotes go to both, the
 * stub's clock follows the market's, and orders trade there against what is quoted. */
import { TastytradeGateway } from '../../../src/broker/tastytrade/tastytrade-gateway.ts';
import type { Caller } from '../../../src/desk/engine-api.ts';
import type { Command, Input } from '../../../src/desk/inputs.ts';
import type { OptionContract } from '../../../src/engine/domain/instrument.ts';
import { occSymbol } from '../../../src/engine/domain/instrument.ts';
import type { ChainListing } from '../../../src/engine/domain/market.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { dollarsFromPrice, sessionDate } from '../../../src/engine/domain/units.ts';
import type { Reply, RigOptions } from '../desk-rig.ts';
import { DeskRig, TRADER } from '../desk-rig.ts';
import { TastytradeVenue } from './tastytrade-venue.ts';
import { VenueWire } from './venue-wire.ts';

export const DAY = '2026-11-20';

export class DayRig extends DeskRig {
  readonly venue: TastytradeVenue;
  readonly wire: VenueWire;
  /** Contracts displayed at the venue on each side. */
  venueSize = 50;
  #listed: readonly OptionContract[] = [];

  static start(minutes: number, options: RigOptions = {}): DayRig {
    const venue = new TastytradeVenue(newYorkInstant(sessionDate(DAY), minutes) / 1_000);
    venue.orders.knobs.fillsByQuote = true;
    return DayRig.#before(venue, { date: DAY, minutes, ...options });
  }

  /** The engine dies, and another starts on what the journal holds, before the same account. */
  crash(records = this.records()): DayRig {
    this.wire.die();
    const rig = DayRig.#before(this.venue, { market: this.at.market, records });
    rig.spot = this.spot;
    return rig;
  }

  static #before(venue: TastytradeVenue, options: RigOptions): DayRig {
    const { number: accountId } = venue.account;
    const wire = new VenueWire(venue, (input) => {
      rig.step({ kind: 'wire', at: rig.at, wire: input });
    });
    const rig: DayRig = new DayRig(
      {
        ...options,
        broker: (history) => {
          return new TastytradeGateway({ accountId, source: 'deltaring/test', history });
        },
        onWire: (effect) => wire.perform(effect),
        isOpen: false,
      },
      venue,
      wire,
    );
    return rig;
  }

  private constructor(options: RigOptions, venue: TastytradeVenue, wire: VenueWire) {
    super(options);
    this.venue = venue;
    this.wire = wire;
  }

  /** The stream, the listing, the first quotes, and the first picture of the account. */
  begin(): void {
    this.wire.open();
    this.open();
    this.advance(10);
  }

  /** A preview of an opening answers with the broker's dry run on its card. */
  override ask<T>(command: Command, caller: Caller = TRADER): Reply<T> {
    const id = this.send(command, caller);
    for (let second = 0; second < 3 && this.reply(id) === undefined; second += 1) this.advance(1);
    const reply = this.reply<T>(id);
    if (reply === undefined) throw new Error(`no answer to ${command.kind} in time`);
    return reply;
  }

  override listing(): ChainListing {
    const listing = super.listing();
    this.#listed = listing.contracts;
    return listing;
  }

  override step(input: Input): void {
    if (input.kind === 'quote') this.#quoteVenue(input);
    super.step(input);
  }

  /** What the venue does by now happens before the next quotes are heard. */
  override quotes(spot?: number): void {
    const { clock } = this.venue;
    clock.advance(Math.max(0, this.at.market / 1_000 - clock.millis));
    super.quotes(spot);
    this.venue.orders.match();
  }

  /** Cash of the account since the start, cents. */
  get cashChange(): number {
    return this.venue.account.cashCents - 10_000_000;
  }

  #quoteVenue({ index, bid, ask }: Extract<Input, { kind: 'quote' }>): void {
    const contract = this.#listed[index];
    if (contract === undefined || ask === undefined) return;
    const low = bid === undefined ? 0 : dollarsFromPrice(bid);
    this.venue.quote(occSymbol(contract), low, dollarsFromPrice(ask), this.venueSize);
  }
}
