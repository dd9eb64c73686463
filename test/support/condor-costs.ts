import type { DeskRig } from './desk-rig.ts';

/** Makes closing the call side of the rig's 601/606 condor cost exactly this, by the 601's ask. */
export function callSideCosts(rig: DeskRig, dollars: number): void {
  const ask = Math.round((dollars + 0.01) * 100) / 100;
  rig.edit = (sides, right, strike) => {
    if (right === 'put') return sides;
    if (strike === 601) return { bid: ask - 0.02, ask };
    return strike === 606 ? { bid: 0.01, ask: 0.02 } : sides;
  };
}

/** Within three dollars of 600 contracts of this right cost so much, and further out a cent. */
export function sideCosts(
  rig: DeskRig,
  side: 'call' | 'put',
  dollars: number,
  wing: { readonly bid: number | undefined; readonly ask: number } = { bid: 0.01, ask: 0.02 },
): void {
  const before = rig.edit;
  const bid = Math.round((dollars - 0.02) * 100) / 100;
  rig.edit = (sides, right, strike) => {
    if (right !== side) return before(sides, right, strike);
    return Math.abs(strike - 600) > 3 ? wing : { bid, ask: dollars };
  };
}
