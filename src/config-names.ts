/** Names of variables that look like settings of ours and are none: slips of the pen, told at a start. */

/** Settings of older builds, told in words of their own. */
export const UNNEEDED: readonly string[] = ['SPY_CHAIN_UPDATE_INTERVAL', 'CACHE_CLEANUP_INTERVAL'];

const OURS =
  /^(?:DELTARING|MCP|CHATGPT|SIM|REPLAY|DXLINK|TASTYTRADE|ALPACA|PAGERDUTY|ALERT|PLAN|EVENT|PORTFOLIO|LOTTO|LOSS|LIMIT|OPENING|FLATTEN|ENTRY|EXIT|STOP|PROFIT|CONDOR|NICKEL|PAPER|SHUTDOWN|CONFIRMATION|AUTO_EXPIRE|RATE_LIMIT|OAUTH|S3_AUDIT|S3_RETENTION|MAX_(?:DAILY|TRADE|OPEN|ORDER|ORDERS|POSITION|STRATEGY))_|^MAX_(?:LOSS|LOSSES|RISK|CONTRACTS?|ORDERS?|POSITIONS?|UNITS|REPEATS?|REJECTS?)(?:_|$)/;
/** Not ours, and read or handed on all the same. */
const READ_BESIDES = /^(?:AWS_.*|XDG_STATE_HOME|LOCALAPPDATA)$/;
/** The limits: one without its first word is taken for it. */
const LIMIT = /^(?:MAX|PORTFOLIO)_/;
const SHORTEST_NEAR = 8;
const NEAR_EDITS = 2;

/** How many characters to put in, take out or change between two texts. */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, character] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b).entries()) {
      const changed = (row[j] ?? 0) + (character === other ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Near a long name that begins alike: GCP_TOKEN is no slip of MCP_TOKEN. */
function isNear(name: string, setting: string): boolean {
  if (setting.length < SHORTEST_NEAR || name.slice(0, 2) !== setting.slice(0, 2)) return false;
  const longer = Math.abs(name.length - setting.length);
  return longer <= NEAR_EDITS && editsBetween(name, setting) <= NEAR_EDITS;
}

/** True of a variable of any environment that was meant as one of the settings, and is none. */
export function isSlip(given: string, settings: readonly string[]): boolean {
  if (settings.includes(given) || UNNEEDED.includes(given)) return false;
  const name = given.toUpperCase();
  if (OURS.test(name) || settings.includes(name)) return true;
  const isCut = (setting: string) => LIMIT.test(setting) && setting.endsWith(`_${name}`);
  return settings.some(
    (setting) => isNear(name, setting) || (name.includes('_') && isCut(setting)),
  );
}

/** True of a name that a `.env` sets to no effect: nothing but settings belongs there. */
export function isForeign(name: string, settings: readonly string[]): boolean {
  return !settings.includes(name) && !UNNEEDED.includes(name) && !READ_BESIDES.test(name);
}

/** The notice of such a name. */
export function noticeOfName(name: string): string {
  return `${name} is no setting of this build and changes nothing; check its spelling`;
}
