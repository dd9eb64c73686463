/** What a campaign is: a proof too long for `npm test`, many runs of which none may violate anything. */

/** Numbers by name, or by kind and name. */
export type CampaignCounts = Readonly<Record<string, number | Readonly<Record<string, number>>>>;

/** What the command line asks of a campaign. */
export interface CampaignOptions {
  readonly runs: number;
  /** Of the first run; run i takes `seed + i`. Whole, from 1 on. */
  readonly seed: number;
  /** One of the campaign's own plants. */
  readonly plant: string | undefined;
  /** No run begins later than this many seconds after the first; undefined = all of them do. */
  readonly seconds: number | undefined;
  /** Called as often as the campaign likes; at most one line every two seconds is printed. */
  readonly progress: (done: number, violations: number) => void;
  /** Called with each violation of a long campaign as soon as it is found; the outcome repeats it. */
  readonly found?: (violation: string) => void;
}

/** What became of it. */
export interface CampaignOutcome {
  readonly runs: number;
  /** The seed of the last run, where each has its own. */
  readonly lastSeed?: number;
  /** How many there are, where a whole run is one over all there is of something. */
  readonly all?: number;
  /** One sentence each, with the seed or place that finds it again. Too little of anything that must
   * happen is a violation too. */
  readonly violations: readonly string[];
  readonly counts: CampaignCounts;
  /** What a reader must know to read the counts right. */
  readonly notes: readonly string[];
}

/** True where a violation says what the planted bug does. */
export function isFound(says: RegExp | undefined, violations: readonly string[]): boolean {
  return says !== undefined && violations.some((what) => says.test(what));
}

/** One file of bench/campaigns. */
export interface Campaign {
  readonly name: string;
  /** What it shows, in one sentence. */
  readonly proves: string;
  /** Unless the command line says otherwise. */
  readonly runs: number;
  /** What its runs are, in the plural: sessions, kill points, cuts. */
  readonly unit: string;
  /** Modules that make its runs, where recorded runs over one and the same source count together: these and
   * all that they import or start. */
  readonly madeOf?: readonly string[];
  /** Bugs on purpose that it can be asked to find, each with the words of a violation that finds it:
   * whatever else comes up then is no find. */
  readonly plants: Readonly<Record<string, RegExp>>;
  /** Throws `MachineLacks` where this machine cannot run it. */
  run(options: CampaignOptions): Promise<CampaignOutcome> | CampaignOutcome;
}

/** This machine has not what a campaign needs: nothing was proven, and nothing was found either. */
export class MachineLacks extends Error {
  override readonly name = 'MachineLacks';
}
