import type { ApprovedOrder } from '../../src/broker/approved-order.ts';
import type {
  AccountSnapshot,
  BrokerCapabilities,
  BrokerEvent,
  GatewayEffect,
  NoWord,
  RefusalKind,
  WireInput,
} from '../../src/broker/order-gateway.ts';
import type { PaperKnobs } from '../../src/broker/paper/paper-knobs.ts';
import { BrokerTap } from '../../src/desk/simulation/broker-tap.ts';
import type { At } from '../../src/engine/domain/clock.ts';
import type { Quote } from '../../src/engine/domain/market.ts';
import type { OrderIntent } from '../../src/engine/domain/order.ts';
import type { SessionTimes } from '../../src/engine/domain/session-calendar.ts';

/** No chance in the broker: whole fills at natural, nothing between mid and natural. */
export const CALM_KNOBS: Partial<PaperKnobs> = {
  partialFillProbability: 0,
  passiveFillProbability: 0,
  slipProbabilityPerLeg: 0,
  pinnedAssignmentProbability: 0,
};

/** A refusal, and what it says of trying again. */
type Refused = { readonly reason: string; readonly refusal?: RefusalKind };

/** The paper broker, in which a test can put words of its own. */
export class RigBroker extends BrokerTap {
  readonly words: BrokerEvent[] = [];
  name: BrokerCapabilities['name'] = 'paper';
  otherwise: Partial<BrokerCapabilities> = {};
  /** The last word on a snapshot; undefined: the broker gives none. */
  editSnapshot: (snapshot: AccountSnapshot) => AccountSnapshot | undefined = (same) => same;

  /** Orders that were refused. */
  readonly refused: OrderIntent[] = [];

  /** True: the paper broker does nothing, and all that is heard is what the test says. */
  isMute = false;
  /** Orders that it was asked to cancel meanwhile, once for each time. */
  readonly unheard: string[] = [];
  /** What a search hears; undefined: nothing yet. Left out, the paper broker answers itself. */
  answerSearch: ((intentId: string, at: At) => readonly BrokerEvent[] | undefined) | undefined;

  override findByIntent(intentId: string, at: At): readonly GatewayEffect[] {
    if (this.answerSearch === undefined) return super.findByIntent(intentId, at);
    const events = this.answerSearch(intentId, at) ?? [];
    return events.map((event) => ({ kind: 'event', event }));
  }

  /** Orders of which a dry run was asked for. */
  readonly dryRuns: OrderIntent[] = [];

  /** Where it gives itself out for a broker with dry runs, the test says what comes of them. */
  override dryRun(intent: OrderIntent, at: At): readonly GatewayEffect[] {
    if (this.otherwise.preview === undefined) return super.dryRun(intent, at);
    this.dryRuns.push(intent);
    return [];
  }

  override get capabilities(): BrokerCapabilities {
    return { ...super.capabilities, ...this.otherwise, name: this.name };
  }

  override onWire(input: WireInput, at: At): readonly GatewayEffect[] {
    const words = this.words.splice(0);
    if (words.length === 0) return super.onWire(input, at);
    return words.map((event) => ({ kind: 'event', event }));
  }

  /** What an order is refused with instead of being taken; undefined: it is taken. */
  refuse: ((intent: OrderIntent) => Refused | undefined) | undefined;

  override submit(order: ApprovedOrder, at: At): readonly GatewayEffect[] {
    const { intent } = order;
    const refused = this.refuse?.(intent);
    if (refused !== undefined) {
      this.refused.push(intent);
      const event = { kind: 'rejected', intentId: intent.intentId, ...refused } as const;
      return [{ kind: 'event', event }];
    }
    const effects = super.submit(order, at);
    return this.isMute ? [] : effects;
  }

  /** Why no order is cancelled; undefined: each is. */
  refuseCancel: string | undefined;

  override cancel(intentId: string, at: At): readonly GatewayEffect[] {
    if (this.refuseCancel !== undefined) {
      const event = { kind: 'cancelRejected', intentId, reason: this.refuseCancel } as const;
      return [{ kind: 'event', event }];
    }
    if (this.isMute) this.unheard.push(intentId);
    return this.isMute ? [] : super.cancel(intentId, at);
  }

  /** Why no limit is moved; undefined: each is. */
  refuseLimit: string | undefined;
  /** Why that is no word of the broker's; undefined: it is. */
  noWordOfLimit: NoWord | undefined;

  override reprice(order: ApprovedOrder, at: At): readonly GatewayEffect[] {
    if (this.refuseLimit !== undefined) {
      const { intentId } = order.intent;
      const noWord = this.noWordOfLimit === undefined ? {} : { refusal: this.noWordOfLimit };
      const event = { kind: 'cancelRejected', intentId, reason: this.refuseLimit } as const;
      return [{ kind: 'event', event: { ...event, ...noWord } }];
    }
    return this.isMute ? [] : super.reprice(order, at);
  }

  override onQuote(symbol: string, quote: Quote, at: At): readonly GatewayEffect[] {
    return this.isMute ? [] : super.onQuote(symbol, quote, at);
  }

  override onBatchEnd(at: At): readonly GatewayEffect[] {
    return this.isMute ? [] : super.onBatchEnd(at);
  }

  override onClock(at: At, session: SessionTimes): readonly GatewayEffect[] {
    return this.isMute ? [] : super.onClock(at, session);
  }

  override snapshot(at: At): AccountSnapshot | undefined {
    const snapshot = super.snapshot(at);
    return snapshot === undefined ? undefined : this.editSnapshot(snapshot);
  }
}
