/** Names of suites and of files in them that do not depend on what an archive or a checkout puts around a suite. */
import { createHash } from 'node:crypto';
import { groupOf } from '../fixtures/classify.js';

/** `ethereum/legacytests` stands under this folder where it is a submodule, and under none where it is not. */
const LEGACY = 'LegacyTests/';

/** Suite of a case's group. */
export function suiteOfGroup(group: string): string {
  return group.startsWith(LEGACY) ? group.slice(LEGACY.length) : group;
}

/** Suite of a file, and its path from the suite's first folder on. */
export function placeOf(file: string): { readonly suite: string; readonly path: string } {
  const group = groupOf(file);
  const suite = suiteOfGroup(group);
  const start = group === '.' ? 0 : `/${file}`.indexOf(`/${group}/`) + group.length - suite.length;
  return { suite, path: file.slice(start) };
}

/** First 16 hex digits of the SHA-256 of a file as it is stored. */
export function contentMark(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
