/** After one of these a slash opens a regular expression; after anything else it divides. */
const BEFORE_REGEX = /(?:^|[=(,:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|do|else))\s*$/;

const QUOTES = new Set(["'", '"', '`']);

/**
 * A TypeScript text with the insides of comments, strings and regular expressions blanked out,
 * character for character, so that what is left is code and stands where it stood. The expressions
 * inside `${…}` are code and stay.
 */
export function codeOf(text: string): string {
  let out = '';
  let at = 0;
  /** For each open `${`, how many braces of its own are open in it. */
  const openBraces: number[] = [];
  const blankTo = (end: number) => {
    out += text.slice(at, end).replace(/[^\n]/g, ' ');
    at = end;
  };
  while (at < text.length) {
    const char = text[at] ?? '';
    const next = text[at + 1];
    if (char === '/' && next === '/') blankTo(endOf(text, '\n', at));
    else if (char === '/' && next === '*') blankTo(endOf(text, '*/', at + 2) + 2);
    else if (char === '/' && BEFORE_REGEX.test(out.slice(-40))) blankTo(endOfRegex(text, at));
    else if (QUOTES.has(char)) blankTo(endOfQuoted(text, at, openBraces));
    else if (char === '}' && openBraces.at(-1) === 0) {
      openBraces.pop();
      blankTo(endOfQuoted(text, at, openBraces, '`'));
    } else {
      if (openBraces.length > 0) countBrace(openBraces, char);
      out += char;
      at += 1;
    }
  }
  return out;
}

function countBrace(openBraces: number[], char: string): void {
  const last = openBraces.length - 1;
  if (char === '{') openBraces[last] = (openBraces[last] ?? 0) + 1;
  if (char === '}') openBraces[last] = (openBraces[last] ?? 0) - 1;
}

function endOf(text: string, mark: string, from: number): number {
  const end = text.indexOf(mark, from);
  return end === -1 ? text.length : end;
}

/** Where a string ends, or where a template breaks off for an expression, which is then noted. */
function endOfQuoted(text: string, start: number, openBraces: number[], quote = text[start]) {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === quote) return at + 1;
    else if (quote === '`' && text.startsWith('${', at)) {
      openBraces.push(0);
      return at + 2;
    }
  }
  return text.length;
}

function endOfRegex(text: string, start: number): number {
  let isInClass = false;
  for (let at = start + 1; at < text.length && text[at] !== '\n'; at += 1) {
    const char = text[at];
    if (char === '\\') at += 1;
    else if (char === '[') isInClass = true;
    else if (char === ']') isInClass = false;
    else if (char === '/' && !isInClass) return at + 1;
  }
  return start + 1;
}
