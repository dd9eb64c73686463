/** What a client can read and follow without calling a tool. */
import type { Caller, EngineApi } from '../desk/engine-api.ts';
import { wallMicros } from '../engine/domain/clock.ts';
import { dollarsFromPrice } from '../engine/domain/units.ts';
import { chainRow, rowsAround, USUAL_FIELDS } from './chain-rows.ts';
import type { Scope } from './scopes.ts';

const CHAIN_STRIKES = 20;

/** One resource: how it is listed, read, and when it changed. */
export interface Resource {
  readonly uri: string;
  readonly name: string;
  readonly description: string;
  /** What an OAuth token must be good for. */
  readonly scope: Scope;
  /** The content, plain JSON. */
  read(api: EngineApi, caller: Caller): Promise<object>;
}

export const CHAIN = 'chain';
export const POSITIONS = 'positions';
export const AUDIT_HEAD = 'audit-head';
export const ALERTS = 'alerts';

/** The chain around a strike, or around the money. */
export function chainAround(api: EngineApi, strike?: number): object {
  const slice = api.chain();
  const stamp = api.stamp();
  if (slice === undefined) return { ...stamp, rows: [] };
  const spot = slice.spot === undefined ? slice.forward : dollarsFromPrice(slice.spot);
  const wall = wallMicros();
  const views = rowsAround(slice, strike ?? spot ?? 0, CHAIN_STRIKES);
  const rows = views.map((view) => chainRow(view, USUAL_FIELDS, wall));
  const { underlying, session, epoch } = slice;
  return { ...stamp, underlying, expiry: session.date, spot: spot ?? null, epoch, rows };
}

async function readPositions(api: EngineApi, caller: Caller): Promise<object> {
  const answer = await api.pnl(caller);
  if ('denied' in answer) return { ...answer.stamp, denied: answer.denied };
  const { positions, greeks, dayPnlCents } = answer.value;
  return { ...answer.stamp, dayPnlCents, greeks, positions };
}

async function readAlerts(api: EngineApi, caller: Caller): Promise<object> {
  const answer = await api.alerts(caller);
  if ('denied' in answer) return { ...answer.stamp, denied: answer.denied };
  return { ...answer.stamp, ...answer.value };
}

/** The resources of an engine, in the order of the listing. */
export function resourcesOf(underlying: string): readonly Resource[] {
  return [
    {
      uri: `deltaring://chain/${underlying}/0dte`,
      name: CHAIN,
      description: `The live 0DTE chain of ${underlying} around the money; updates at most once a second.`,
      scope: 'market.read',
      read: async (api) => chainAround(api),
    },
    {
      uri: 'deltaring://positions',
      name: POSITIONS,
      description: 'Open positions with greeks and P&L; updates when one changes.',
      scope: 'portfolio.read',
      read: readPositions,
    },
    {
      uri: 'deltaring://alerts',
      name: ALERTS,
      description: 'The alerts of the day; updates when one is set, cleared or fires.',
      scope: 'portfolio.read',
      read: readAlerts,
    },
    {
      uri: 'deltaring://audit/head',
      name: AUDIT_HEAD,
      description:
        'Newest audit record, and size and root of the sealed log over it: keep it to be a witness.',
      scope: 'portfolio.read',
      read: async (api) => ({ ...api.stamp(), ...api.auditHead() }),
    },
  ];
}
