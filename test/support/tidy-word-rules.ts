import { codeOf } from './tidy-code.ts';
import { isDoor, isShell, PURE_ROOMS, roomOf } from './tidy-rooms.ts';
import type { Rule } from './tidy-source.ts';
import { lineAt } from './tidy-source.ts';

const LONGEST_FILE_LINES = 400;

interface BannedWord {
  readonly pattern: RegExp;
  /** What to write instead; it stands in the message. */
  readonly instead: string;
  readonly isAllowed: (path: string) => boolean;
}

const never = () => false;
const outsideMachines = (path: string) =>
  !PURE_ROOMS.includes(roomOf(path) ?? '') || isShell(path) || isDoor(path);

/** Words of code. Comments and strings may use them. */
const BANNED_IN_CODE: readonly BannedWord[] = [
  { pattern: /\bDate\.now\b/g, instead: 'take the time as an argument', isAllowed: isShell },
  {
    pattern: /\bnew Date\(\s*\)/g,
    instead: 'take the time as an argument',
    isAllowed: isShell,
  },
  { pattern: /\bperformance\.now\b/g, instead: 'measure in a shell', isAllowed: isShell },
  { pattern: /\bprocess\.hrtime\b/g, instead: 'measure in a shell', isAllowed: isShell },
  { pattern: /\bsetTimeout\b/g, instead: 'emit a StartTimer effect', isAllowed: isShell },
  { pattern: /\bsetInterval\b/g, instead: 'emit a StartTimer effect', isAllowed: isShell },
  {
    pattern: /\bsetImmediate\b/g,
    instead: 'return, and let the shell step again',
    isAllowed: isShell,
  },
  { pattern: /\bMath\.random\b/g, instead: 'draw from a seeded generator', isAllowed: isShell },
  {
    pattern: /\bconsole\./g,
    instead: 'write to process.stderr in a shell, or count it',
    isAllowed: never,
  },
  { pattern: /\bas any\b/g, instead: 'parse it (zod) or narrow it with a guard', isAllowed: never },
  { pattern: /\basync\b/g, instead: 'return effects', isAllowed: outsideMachines },
  { pattern: /\bawait\b/g, instead: 'return effects', isAllowed: outsideMachines },
  { pattern: /\bPromise\b/g, instead: 'return effects', isAllowed: outsideMachines },
];

/** Words that have no place in a comment either. */
const BANNED_ANYWHERE: readonly BannedWord[] = [
  { pattern: /\bTODO\b/g, instead: 'do it, or name the limit', isAllowed: never },
  { pattern: /\bFIXME\b/g, instead: 'mend it', isAllowed: never },
  {
    pattern: /@ts-(?:ignore|expect-error|nocheck)/g,
    instead: 'make the types true',
    isAllowed: never,
  },
];

/** Clocks, chance, promises and loose ends stand only where they are meant to. */
export const noBannedWords: Rule = (files) =>
  files.flatMap(({ path, text }) => [
    ...uses(path, codeOf(text), BANNED_IN_CODE),
    ...uses(path, text, BANNED_ANYWHERE),
  ]);

/** A file is one idea. */
export const noLongFiles: Rule = (files) =>
  files.flatMap(({ path, text }) => {
    const lines = text.trimEnd().split('\n').length;
    return lines > LONGEST_FILE_LINES
      ? [
          `${path} has ${lines} lines, above ${LONGEST_FILE_LINES}: find its second idea and give it a file`,
        ]
      : [];
  });

function uses(path: string, text: string, words: readonly BannedWord[]): string[] {
  return words
    .filter(({ isAllowed }) => !isAllowed(path))
    .flatMap(({ pattern, instead }) =>
      [...text.matchAll(pattern)].map(
        (match) => `${path}:${lineAt(text, match.index)} says "${match[0]}": ${instead}`,
      ),
    );
}
