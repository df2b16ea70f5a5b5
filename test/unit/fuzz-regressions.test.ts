/** Cases in which the machines once differed, as the fuzzer saved them. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import type { FuzzCase } from '../fuzz/case.js';
import { differencesOf } from '../fuzz/fuzz.js';
import { packageRoot } from '../support/root.js';

const folder = path.join(packageRoot, 'test', 'fuzz', 'regressions');

interface Saved {
  readonly differs: string;
  readonly case: FuzzCase;
}

describe('what the fuzzer found', () => {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.json')) : [];
  for (const file of files) {
    const saved = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Saved;
    it(`${file} (differed in ${saved.differs})`, async () => {
      expect(await differencesOf(saved.case)).to.deep.equal([]);
    });
  }
});
