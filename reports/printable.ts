/**
 * Text from fixtures, archives and logs as a terminal may be given it. Whoever makes a fixture must not be able to move
 * the cursor, to set the title of a window, or to begin a line that GitHub's runner takes for a command.
 */

/** Control characters, separators of lines and paragraphs, and what turns the direction of writing. */
const CONTROL = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
const CONTROL_BUT_BREAKS = /(?!\n)[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** One line: control characters are spelled out as in a string of JavaScript, `\n` and `\u001b`. */
export function printable(text: string): string {
  return text.replace(CONTROL, spelledOut);
}

/** As {@link printable}, but line breaks stay: for texts that have several lines. */
export function printableLines(text: string): string {
  return text.replace(CONTROL_BUT_BREAKS, spelledOut);
}

/** A value of plain JSON with {@link printableLines} of all its texts. Each line made of them goes through {@link oneLine}. */
export function printableValue<T>(value: T): T {
  if (typeof value === 'string') return printableLines(value) as T;
  if (Array.isArray(value)) return value.map(printableValue) as T;
  // Bytes and the like hold no text.
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, printableValue(child)])) as T;
}

/** A line that colours are in already: its texts are {@link printableLines}, and no break among them ends it. */
export function oneLine(line: string): string {
  return line.replaceAll('\n', spelledOut);
}

function spelledOut(character: string): string {
  const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
  return short ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
