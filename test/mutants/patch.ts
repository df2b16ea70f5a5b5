/** Puts the switches of faults into the text of a source. */
import { posix } from 'node:path';
import type { Edit, Fault } from './fault.js';

/** Where `src/fault.ts` of the fault build is, without extension. */
const SWITCHES = 'src/fault';
const LAYOUT = 'src/layout';

/** A fault's text does not stand in the sources as it should. */
export class PatchError extends Error {
  override readonly name = 'PatchError';
  constructor(
    readonly fault: string,
    readonly file: string,
    detail: string,
  ) {
    super(`fault "${fault}": ${detail} in ${file}`);
  }
}

interface Place {
  readonly start: number;
  readonly end: number;
  readonly form: Edit['form'];
  readonly cases: { readonly fault: string; readonly wrong: string }[];
}

function countOf(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** Start of the edit's right text. Throws {@link PatchError} unless it stands there exactly once. */
function placeOf(fault: string, { file, before, right, after }: Edit, text: string): number {
  const whole = before + right + after;
  const count = right === '' ? 0 : countOf(text, whole);
  if (count !== 1) throw new PatchError(fault, file, `its text occurs ${count} times instead of once`);
  return text.indexOf(whole) + before.length;
}

/** Places of all edits of `file`, in order. Faults may share a place, but none may reach into another's. */
function placesIn(file: string, text: string, faults: readonly Fault[]): Place[] {
  const places: Place[] = [];
  for (const { name, edits } of faults) {
    for (const edit of edits) {
      if (edit.file !== file) continue;
      const start = placeOf(name, edit, text);
      const end = start + edit.right.length;
      const own = { fault: name, wrong: edit.wrong };
      const same = places.find((place) => place.start === start && place.end === end && place.form === edit.form);
      if (same !== undefined) same.cases.push(own);
      else if (places.some((place) => start < place.end && place.start < end)) {
        throw new PatchError(name, file, 'its text overlaps with that of another fault');
      } else places.push({ start, end, form: edit.form, cases: [own] });
    }
  }
  return places.sort((a, b) => a.start - b.start);
}

function switched({ form, cases }: Place, right: string): string {
  if (form === 'expression') {
    return `(${cases.map(({ fault, wrong }) => `fault('${fault}') ? (${wrong}) : `).join('')}(${right}))`;
  }
  return `${cases.map(({ fault, wrong }) => `if (fault('${fault}')) { ${wrong} } else `).join('')}{ ${right} }`;
}

function importPath(file: string, target: string): string {
  const relative = posix.relative(posix.dirname(file), target);
  return `${relative.startsWith('.') ? relative : `./${relative}`}.js`;
}

/**
 * `text` of `file` with the switches of all faults that change it, or as it is where none does. Throws
 * {@link PatchError} where an edit does not match exactly once, or two overlap.
 */
export function patched(file: string, text: string, faults: readonly Fault[]): string {
  const places = placesIn(file, text, faults);
  if (places.length === 0) return text;
  let out = '';
  let at = 0;
  for (const place of places) {
    out += text.slice(at, place.start) + switched(place, text.slice(place.start, place.end));
    at = place.end;
  }
  out += text.slice(at);
  const names = [`import { fault } from '${importPath(file, SWITCHES)}';`];
  if (/\blayout\./.test(places.flatMap(({ cases }) => cases.map(({ wrong }) => wrong)).join('\n'))) {
    names.push(`import * as layout from '${importPath(file, LAYOUT)}';`);
  }
  // On the first line, so that the others keep their numbers as far as the faults allow.
  return `${names.join(' ')} ${out}`;
}

/** Files that `faults` change. */
export function filesOf(faults: readonly Fault[]): string[] {
  return [...new Set(faults.flatMap(({ edits }) => edits.map(({ file }) => file)))].sort();
}
