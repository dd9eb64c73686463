import { describe, expect, it } from 'vitest';
import { PaperBroker } from '../../../src/broker/paper/paper-broker.ts';
import { OrderNumbers } from '../../../src/desk/orders/order-numbers.ts';
import { WireGateway } from '../../../src/desk/simulation/wire-gateway.ts';
import { newYorkInstant } from '../../../src/engine/domain/session-calendar.ts';
import { epochMicros, sessionDate } from '../../../src/engine/domain/units.ts';
import { DeskRig } from '../../support/desk-rig.ts';

const TODAY = '2026-11-20';

describe('numbers of orders', () => {
  it('only grow, whatever was seen', () => {
    const numbers = new OrderNumbers();
    expect(numbers.next(TODAY)).toBe('20261120-000001');
    numbers.seen('20261119-000041');
    numbers.seen('20261120-000007');
    numbers.seen('external-B-9');
    numbers.seen('x20261120-000999');
    expect(numbers.next(TODAY)).toBe('20261120-000042');
    numbers.skip();
    expect(numbers.next(TODAY)).toBe('20261120-001043');
  });

  it('begin at a minute of the day, and never go back to one', () => {
    const numbers = new OrderNumbers();
    const noon = epochMicros(Date.UTC(2026, 10, 20, 12) * 1_000);
    numbers.beginAtMinute(noon);
    expect(numbers.next(TODAY)).toBe('20261120-720001');
    numbers.beginAtMinute(epochMicros(noon - 60_000_000));
    expect(numbers.next(TODAY)).toBe('20261120-720002');
  });
});

describe('the first number of a run', () => {
  const at = (minutes: number) => newYorkInstant(sessionDate(TODAY), minutes);
  const { capabilities } = new PaperBroker({
    accountId: 'A',
    seed: 1,
    history: { intents: [], brokerEvents: [] },
  });
  const run = (name: 'paper' | 'alpaca', minutes: number, from?: DeskRig) =>
    new DeskRig({
      broker: () => new WireGateway('A', capabilities),
      brokerName: name,
      market: at(minutes),
      isOpen: false,
      ...(from !== undefined && { records: from.records() }),
    });
  // The rig's own clock is a quarter of an hour ahead of its market.
  const nextOf = ({ desk }: DeskRig) => desk.context.orders.nextIntentId(TODAY);

  it('is none that another home of the account has given out that day', () => {
    const [morning, later] = [run('alpaca', 600), run('alpaca', 630)];
    expect(nextOf(morning)).toBe('20261120-916001');
    expect(nextOf(later)).toBe('20261120-946001');
    expect(nextOf(run('paper', 600))).toBe('20261120-000001');
  });

  it('is none of a run before it that kept no record, also in the same minute', () => {
    const first = run('alpaca', 600);
    const second = run('alpaca', 600, first);
    expect(nextOf(second)).toBe('20261120-917001');
    expect(nextOf(run('alpaca', 600, second))).toBe('20261120-918001');
    expect(nextOf(run('alpaca', 660, second))).toBe('20261120-976001');
  });
});
