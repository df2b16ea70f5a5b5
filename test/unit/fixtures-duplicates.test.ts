import { expect } from 'chai';
import { FixtureError } from '../../runners/fixtures/cases.js';
import { decodeFile } from '../../runners/fixtures/decode.js';
import { decodePreAllocation } from '../../runners/fixtures/decode-pre-allocation.js';
import { duplicateKey } from '../../runners/fixtures/duplicate-keys.js';
import { ADDRESS, account, stateTest } from '../support/fixture-parts.js';

const FILE = 'GeneralStateTests/y.json';

function message(text: string): string {
  const [one, ...rest] = decodeFile('suite', FILE, text).cases;
  expect(rest).to.deep.equal([]);
  return one instanceof FixtureError ? one.message : 'a case';
}

describe('keys that stand twice in an object', () => {
  it('are an error that names file, test, field and position', () => {
    const test = JSON.stringify(stateTest());
    expect(message(`{"a":${test}}`)).to.equal('a case');
    expect(message(`{"a": 1, "a":${test}}`)).to.equal(
      `${FILE}: the key "a" stands twice in its object, again at position 9`,
    );
    const twice = `{"a":${test.replace('"hash":', '"hash":"0x00","hash":')}}`;
    expect(message(twice)).to.equal(
      `${FILE}::a field post.Cancun[0].hash: the key "hash" stands twice in its object, again at position ${twice.lastIndexOf('"hash"')}`,
    );
  });

  it('are found in any spelling, at any depth, and nothing else is taken for them', () => {
    const find = (text: string) => duplicateKey(text, JSON.parse(text))?.path ?? null;
    expect(find('{"a":{"b":[1,{"c":2,"\\u0063":3}]}}')).to.deep.equal(['a', 'b', 1, 'c']);
    expect(find('{"a\\"":1,"b":["a\\"","\\\\"],"a\\"":{}}')).to.deep.equal(['a"']);
    expect(find('{"__proto__":1,"__proto__":2}')).to.deep.equal(['__proto__']);
    expect(find('[{"a":[]},{"a":"{\\"a\\":1,\\"a\\":1}","b":{"a":"\\\\"}}, null, "a"]')).to.equal(null);
    expect(find(`{"a":${'['.repeat(100_000)}"b"${']'.repeat(100_000)}}`)).to.equal(null);
  });

  it('are errors in pre-allocations', () => {
    const text = '{"network":"Cancun","network":"Prague"}';
    expect(() => decodePreAllocation('suite', 'pre_alloc/0x12.json', text)).to.throw(FixtureError, 'key "network"');
  });

  it('are errors where only the spelling of an address or of a slot differs', () => {
    const same = stateTest({ pre: { [ADDRESS]: account, [ADDRESS.toLowerCase()]: account } });
    expect(message(JSON.stringify({ a: same }))).to.equal(
      `${FILE}::a field pre.${ADDRESS.toLowerCase()}: ${ADDRESS.toLowerCase()} stands there before, with the key spelled otherwise`,
    );
    for (const zero of ['0x00', '0x02']) {
      const storage = { '0x1': zero, '0x01': '0x02' };
      const slots = stateTest({ pre: { [ADDRESS]: { ...account, storage } } });
      expect(message(JSON.stringify({ a: slots }))).to.contain(`field pre.${ADDRESS}.storage.0x01: 0x00`);
    }
  });
});
