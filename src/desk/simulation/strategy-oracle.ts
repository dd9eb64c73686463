/**
 * What a preview must be, from its request alone: the right structure, as many units as asked for,
 * and a breakout only where the bars show one. Reckoned apart from the strategies.
 */

import type { AuditRecord } from '../../engine/domain/audit-record.ts';
import type { Bar } from '../../engine/domain/market.ts';
import type { OrderIntent, OrderLeg } from '../../engine/domain/order.ts';
import { sessionTimes } from '../../engine/domain/session-calendar.ts';
import type { SessionDate } from '../../engine/domain/units.ts';
import { MICROS_PER_MINUTE, PRICE_PER_DOLLAR } from '../../engine/domain/units.ts';
import type { StrategyRequest } from '../engine-api-requests.ts';
import type { Input } from '../inputs.ts';
import type { Report } from './order-oracle.ts';

type Condor = Extract<StrategyRequest, { strategy: 'iron_condor_30_delta' }>;
type Breakout = Extract<StrategyRequest, { rangeMinutes: number }>;

/** `long call 600, short put 595`: legs in the order of right and strike. */
function shapeOf(legs: readonly OrderLeg[]): string {
  const words = legs.map(({ instrument, action, ratio }) => {
    if (instrument.kind !== 'option') return 'shares';
    const side = action === 'buyToOpen' ? 'long' : 'short';
    return `${ratio} ${side} ${instrument.right}`;
  });
  return words.toSorted().join(', ');
}

function strikesOf(legs: readonly OrderLeg[], right: 'call' | 'put'): readonly number[] {
  const strikes = legs.flatMap(({ instrument }) =>
    instrument.kind === 'option' && instrument.right === right ? [instrument.strike] : [],
  );
  return strikes.toSorted((a, b) => a - b);
}

function condorFault({ legs }: OrderIntent, { width }: Condor): string | undefined {
  const shape = shapeOf(legs);
  if (shape !== '1 long call, 1 long put, 1 short call, 1 short put') return `it is ${shape}`;
  for (const right of ['call', 'put'] as const) {
    const [low = 0, high = 0] = strikesOf(legs, right);
    if (high - low !== width * PRICE_PER_DOLLAR) return `its ${right}s are ${high - low} apart`;
  }
  return undefined;
}

function longFault({ legs }: OrderIntent, right: 'call' | 'put'): string | undefined {
  const shape = shapeOf(legs);
  return shape === `1 long ${right}` ? undefined : `it is ${shape}`;
}

export class StrategyOracle {
  readonly #report: Report;
  readonly #planned: (tokenSha256: string) => StrategyRequest | undefined;
  readonly #asked = new Map<string, StrategyRequest>();
  #bars = new Map<number, Bar>();

  /** `planned`: what the plan asks for under a token. */
  constructor(
    report: Report,
    planned: (tokenSha256: string) => StrategyRequest | undefined = () => undefined,
  ) {
    this.#report = report;
    this.#planned = planned;
  }

  onInput(input: Input): void {
    if (input.kind === 'bar') this.#bars.set(input.bar.startsAt, input.bar);
    else if (input.kind === 'command' && input.command.kind === 'previewStrategy') {
      this.#asked.set(input.command.tokenSha256, input.command.request);
    }
  }

  onRecord({ body, session }: AuditRecord): void {
    if (body.kind !== 'previewMade') return;
    const request = this.#asked.get(body.tokenSha256) ?? this.#planned(body.tokenSha256);
    if (request === undefined) return;
    const { intent } = body;
    const fault = this.#faultOf(intent, request, session);
    if (fault !== undefined) {
      this.#report(
        `the preview ${body.previewId} is not the ${request.strategy} asked for: ${fault}`,
      );
    }
  }

  #faultOf(
    intent: OrderIntent,
    request: StrategyRequest,
    session: SessionDate,
  ): string | undefined {
    if (intent.strategy !== request.strategy) return `it is ${intent.strategy}`;
    if (intent.quantity !== request.quantity) return `it is for ${intent.quantity} units`;
    switch (request.strategy) {
      case 'iron_condor_30_delta':
        return condorFault(intent, request);
      case 'lotto_play_5_delta':
        return longFault(intent, request.side);
      case 'straddle_scan': {
        const strikes = [...strikesOf(intent.legs, 'call'), ...strikesOf(intent.legs, 'put')];
        const isThere = strikes.every((strike) => strike === request.strike * PRICE_PER_DOLLAR);
        const shape = shapeOf(intent.legs);
        return isThere && shape === '1 long call, 1 long put' ? undefined : `it is ${shape}`;
      }
      case 'orb_long_call':
        return longFault(intent, 'call') ?? this.#breakoutFault(request, session, 1);
      case 'orb_long_put':
        return longFault(intent, 'put') ?? this.#breakoutFault(request, session, -1);
    }
  }

  /** `side`: 1 above the opening range, -1 below it. */
  #breakoutFault(
    { rangeMinutes }: Breakout,
    session: SessionDate,
    side: number,
  ): string | undefined {
    const open = sessionTimes(session)?.open ?? 0;
    const rangeEnd = open + rangeMinutes * MICROS_PER_MINUTE;
    const bars = [...this.#bars.values()].filter(({ startsAt }) => startsAt >= open);
    const newest = Math.max(...this.#bars.keys());
    const range = bars.filter(({ startsAt }) => startsAt < rangeEnd);
    const after = bars.filter(({ startsAt }) => startsAt >= rangeEnd && startsAt < newest);
    const edge = Math.max(...range.map(({ high, low }) => (side > 0 ? high : side * low)));
    const isBroken = after.some(({ close }) => side * close > edge);
    return isBroken ? undefined : 'no bar closed beyond the opening range on its side';
  }

  /** Another process hears the bars anew. */
  onCrash(): void {
    this.#bars = new Map();
  }
}
