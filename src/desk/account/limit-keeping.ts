/** Keeps the limits that are in force: a raise ends by itself, and tokens granted under it with it. */
import type { LimitRaise } from '../../engine/domain/limit-raise.ts';
import type { EpochMicros } from '../../engine/domain/units.ts';
import { limitsInForce } from '../../risk/limit-settings.ts';
import type { DeskConfig } from '../desk-config.ts';
import type { DeskContext } from '../desk-context.ts';

/** The configuration with the limits that are in force at a moment. */
export function configInForce(config: DeskConfig, wall: EpochMicros): DeskConfig {
  const limits = limitsInForce(config.limits, config.limitRaises ?? [], wall);
  return limits === config.limits ? config : { ...config, limits };
}

/** The configuration with the limits of a record: what was judged then goes by them. Those that an older build
 * did not know are as they are now. */
export function configAsTold(config: DeskConfig, limits: object): DeskConfig {
  return { ...config, limits: { ...config.limits, ...limits } };
}

/** The raises that stand now. */
export function standingRaises({
  config,
  at,
}: Pick<DeskContext, 'config' | 'at'>): readonly LimitRaise[] {
  return (config.limitRaises ?? []).filter(({ untilWall }) => at.wall < untilWall);
}

/** Records the limits in force and the raises in them. */
export function recordLimits(desk: DeskContext): void {
  const { limits } = desk.config;
  const raises = standingRaises(desk).map(({ text }) => text);
  const { version: limitsVersion } = limits;
  desk.out.append({ kind: 'limitsInForce', limitsVersion, limits: { ...limits }, raises });
}

/** Core thread only. */
export class LimitKeeper {
  readonly #configured: DeskConfig;
  /** How many raises stood when the limits in force were last worked out: they end one after the other. */
  #standing: number | undefined;

  /** From the configuration as it was given: its limits are those without any raise. */
  constructor(configured: DeskConfig) {
    this.#configured = configured;
  }

  /** A raise that has ended takes its limit back. Called on the clock and with each command, before anything
   * is judged: no order goes by a raise that is over. */
  keep(desk: DeskContext): void {
    if ((this.#configured.limitRaises ?? []).length === 0) return;
    const standing = standingRaises({ config: this.#configured, at: desk.at }).length;
    if (standing === this.#standing) return;
    this.#standing = standing;
    const config = configInForce(this.#configured, desk.at.wall);
    const { version } = config.limits;
    if (version === desk.config.limits.version) return;
    desk.config = config;
    desk.tokens.rebind(version);
    recordLimits(desk);
    desk.out.alert('info', 'LIMIT_RAISE_ENDED', 'a raised limit is back to what it was');
  }
}
