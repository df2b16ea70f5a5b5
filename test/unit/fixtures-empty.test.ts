import { expect } from 'chai';
import { FixtureError } from '../../runners/fixtures/cases.js';
import { decodeFile } from '../../runners/fixtures/decode.js';
import { at, blockchainTest, post, stateTest } from '../support/fixture-parts.js';

/** What is said of each part of the file that is no case, and how many cases the rest makes. */
function told(file: string, content: object): [string[], number] {
  const all = [...decodeFile('suite', file, JSON.stringify(content)).cases];
  const errors = all.filter((one): one is FixtureError => one instanceof FixtureError);
  return [errors.map(({ message }) => message), all.length - errors.length];
}

describe('tests without cases', () => {
  it('are errors of state tests, beside those that have some', () => {
    const file = 'GeneralStateTests/y.json';
    const content = {
      none: stateTest({ post: {} }),
      fork: stateTest({ post: { Cancun: [], Berlin: [post(at(0, 0, 0))] } }),
      good: stateTest(),
    };
    expect(told(file, content)).to.deep.equal([
      [`${file}::none field post: holds no fork`, `${file}::fork field post.Cancun: holds no case`],
      2,
    ]);
  });

  it('are errors of transaction and difficulty tests', () => {
    const transactions = 'TransactionTests/y.json';
    expect(told(transactions, { none: { result: {}, txbytes: '0xc0' } })).to.deep.equal([
      [`${transactions}::none field result: holds no fork`],
      0,
    ]);
    const difficulties = 'DifficultyTests/y.json';
    const entry = {
      currentBlockNumber: '0x1',
      currentDifficulty: '0x1',
      currentTimestamp: '0x1',
      parentDifficulty: '0x1',
      parentTimestamp: '0x0',
      parentUncles: '0x00',
    };
    const content = { none: { _info: {} }, fork: { Berlin: {} }, good: { _info: {}, Berlin: { a: entry } } };
    expect(told(difficulties, content)).to.deep.equal([
      [`${difficulties}::none: holds no fork`, `${difficulties}::fork field Berlin: holds no case`],
      1,
    ]);
  });

  it('are errors of trie tests that ask nothing', () => {
    const file = 'TrieTests/y.json';
    const messages = [`${file}::none field tests: holds no query`];
    expect(told(file, { none: { in: ['ab'], tests: [] } })).to.deep.equal([messages, 0]);
  });

  it('are errors of chains without a block or payload', () => {
    const file = 'BlockchainTests/y.json';
    const content = { none: blockchainTest({ blocks: [] }), good: blockchainTest() };
    expect(told(file, content)).to.deep.equal([[`${file}::none field blocks: holds no block`], 1]);
    const engine = 'blockchain_tests_engine/y.json';
    for (const more of [{}, { preHash: '0x12' }]) {
      const none = { ...blockchainTest({ network: 'Cancun', blocks: undefined, engineNewPayloads: [] }), ...more };
      expect(told(engine, { none })).to.deep.equal([[`${engine}::none field engineNewPayloads: holds no payload`], 0]);
    }
  });
});
