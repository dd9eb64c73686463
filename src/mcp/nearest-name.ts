/** Finds what somebody probably meant to type. */

const FARTHEST_SHARE = 0.5;

/** Letters to insert, delete or replace to make one text of the other (Levenshtein 1965). */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (previous[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      const left = (current[j - 1] ?? 0) + 1;
      current.push(Math.min(replaced, (previous[j] ?? 0) + 1, left));
    }
    previous = current;
  }
  return previous[to.length] ?? 0;
}

function bare(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** True for `qty` and `quantity`: the same first letter, and every other one in its order. */
function abbreviates(short: string, long: string): boolean {
  let at = 0;
  for (const letter of long) if (letter === short[at]) at += 1;
  return short[0] === long[0] && at === short.length;
}

/** True where one of two texts is most of what the other says. */
function resembles(wanted: string, candidate: string): boolean {
  if (wanted.length <= 2) return false;
  const isPart = candidate.includes(wanted) || wanted.includes(candidate);
  return isPart || abbreviates(wanted, candidate);
}

/** The known name nearest to `typed`, or undefined when none is near. */
export function nearestName(typed: string, known: readonly string[]): string | undefined {
  const wanted = bare(typed);
  let best: { readonly name: string; readonly score: number } | undefined;
  for (const name of known) {
    const candidate = bare(name);
    const distance = resembles(wanted, candidate) ? 1 : editDistance(wanted, candidate);
    const score = distance / Math.max(wanted.length, candidate.length, 1);
    if (score <= FARTHEST_SHARE && (best === undefined || score < best.score)) {
      best = { name, score };
    }
  }
  return best?.name;
}
