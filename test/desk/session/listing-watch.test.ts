import { describe, expect, it } from 'vitest';
import type { PositionLeg } from '../../../src/engine/portfolio/portfolio-book.ts';
import { DeskRig, denialIn } from '../../support/desk-rig.ts';

const WAIT_SECONDS = 5;

/** What was told of the chain: severity, and what became of the incident. */
function told(rig: DeskRig) {
  return rig.effects.flatMap((effect) =>
    effect.kind === 'alert' && effect.code === 'CHAIN_MISSING'
      ? [{ severity: effect.severity, action: effect.action, text: effect.text }]
      : [],
  );
}

function rightOf({ instrument }: PositionLeg): string {
  return instrument.kind === 'option' ? instrument.right : instrument.kind;
}

/** A restart beside a condor: the feed connects, the listing cannot be had. */
function withoutListing(): DeskRig {
  const before = new DeskRig({ minutes: 14 * 60 });
  before.openPosition();
  const rig = before.restart(before.records(), { isOpen: false });
  rig.step({ kind: 'feed', at: rig.at, connected: true, detail: 'test' });
  const { date } = rig.session;
  rig.step({ kind: 'listingFailed', at: rig.at, date, reason: 'HTTP 503' });
  rig.freeze(1);
  return rig;
}

describe('a listing that does not come while something is held', () => {
  it('is told with its reason, and over once the listing is there', () => {
    const rig = withoutListing();
    rig.freeze(WAIT_SECONDS - 1);
    expect(told(rig)).toEqual([]);
    rig.freeze(60);
    expect(told(rig)).toMatchObject([{ severity: 'critical', action: 'trigger' }]);
    expect(told(rig)[0]?.text).toContain('HTTP 503');
    rig.step({ kind: 'listing', at: rig.at, listing: rig.listing() });
    expect(told(rig)[1]).toMatchObject({ action: 'resolve', text: 'the listing has come' });
    expect(rig.day.status.causes).not.toContain('chainMissing');
    expect(rig.desk.context.chain.contractCount).toBe(rig.listing().contracts.length);
  });

  it('leaves no stop asleep: what is held is judged on its own contracts', () => {
    const rig = withoutListing();
    rig.freeze(WAIT_SECONDS);
    rig.quotes();
    rig.advance(2);
    const rights = () => rig.positions().flatMap(({ legs }) => legs.map(rightOf));
    expect(rights()).toEqual(['put', 'put', 'call', 'call']);
    rig.quotes(606);
    rig.advance(30);
    expect(rights()).toEqual(['put', 'put']);
  });

  it('leaves by the clock, and the deltas of what is held are known', () => {
    const rig = withoutListing();
    rig.freeze(WAIT_SECONDS);
    rig.advance(2);
    expect(rig.query<{ net: number | null }>({ kind: 'portfolioDelta' }).net).not.toBeNull();
    rig.goTo(15 * 60 + 41);
    rig.advance(60);
    expect(rig.positions()).toEqual([]);
  });

  it('holds openings by that name until it is there', () => {
    const rig = withoutListing();
    rig.freeze(WAIT_SECONDS);
    rig.advance(2);
    const command = {
      kind: 'previewStrategy',
      request: {
        strategy: 'lotto_play_5_delta',
        side: 'call',
        targetDelta: 5,
        quantity: 1,
      },
      tokenSha256: rig.newToken(),
    } as const;
    const denial = denialIn(rig.ask(command));
    expect(denial.message).toContain("the listing of today's chain has not come");
    expect(rig.day.status.causes).toContain('chainMissing');
    rig.step({ kind: 'listing', at: rig.at, listing: rig.listing() });
    rig.advance(6);
    expect(rig.preview(command.request).card.legs).toHaveLength(1);
  });

  it('is over with the session, and the next one starts without it', () => {
    const rig = withoutListing();
    rig.freeze(60);
    rig.goTo(16 * 60 + 15);
    rig.freeze(1);
    expect(told(rig).at(-1)).toMatchObject({ action: 'resolve', text: 'the session is over' });
    expect(rig.day.sealed).toBe(true);
    expect(rig.day.status.causes).not.toContain('chainMissing');
  });

  it('pages at the deadline what is still open, chain or none', () => {
    const rig = withoutListing();
    const again = rig.restart(rig.records(), { isOpen: false });
    again.goTo(15 * 60 + 50);
    expect(again.alerts()).toContain('OPEN_PAST_DEADLINE');
  });

  it('is nobody’s business while nothing is held, and the listing of another day ends nothing', () => {
    const flat = new DeskRig({ isOpen: false });
    flat.freeze(60);
    expect(told(flat)).toEqual([]);
    const rig = withoutListing();
    rig.freeze(60);
    const listing = { ...rig.listing(), date: '2026-11-23' } as never;
    rig.step({ kind: 'listing', at: rig.at, listing });
    expect(told(rig)).toHaveLength(1);
    expect(rig.day.status.causes).toContain('chainMissing');
  });
});
