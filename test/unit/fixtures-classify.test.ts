import { expect } from 'chai';
import { classifyContent, classifyPath, groupOf, isLfsPointer } from '../../runners/fixtures/classify.js';

describe('fixture kinds', () => {
  it('goes by the path', () => {
    const kinds = {
      'GeneralStateTests/stX/a.json': 'state',
      'BlockchainTests/GeneralStateTests/stX/a.json': 'blockchain',
      'fixtures/blockchain_tests_engine_x/prague/a.json': 'blockchain-engine-x',
      'fixtures/blockchain_tests_engine_x/pre_alloc/0xab.json': 'pre-allocation',
      'fixtures/blockchain_tests_engine/prague/a.json': 'blockchain-engine',
      'fixtures/blockchain_tests_sync/prague/a.json': 'blockchain-engine',
      'fixtures/blockchain_tests_hive/prague/a.json': 'blockchain-engine',
      'fixtures/.meta/index.json': 'metadata',
      'Filler/GeneralStateTests/stX/a.json': 'state',
      'src/GeneralStateTestsFiller/stX/aFiller.json': 'metadata',
      'src/EIPTestsFiller/BlockchainTests/bcX/aCopier.json': 'metadata',
      'src/Templates/a.json': 'metadata',
      'client/src/external-resources/GeneralStateTests/stX/a.json': 'state',
      'client/src/external-resources/BlockchainTests/GeneralStateTests/stX/a.json': 'blockchain',
      'state_tests/index.json': 'metadata',
      'state_tests/a.filler.json': 'metadata',
      'TrieTests/trietest.json': 'trie',
      'PoWTests/ethash_tests.json': 'pow',
      'RLPTests/rlptest.json': 'rlp',
      'DifficultyTests/dfX/a.json': 'difficulty',
      'TransactionTests/ttX/a.json': 'transaction',
      'elsewhere/a.json': null,
    };
    for (const [path, kind] of Object.entries(kinds)) expect(classifyPath(path), path).to.equal(kind);
  });

  it('goes by the shape where the path is silent or wrong', () => {
    const shapes = {
      state: { env: {}, pre: {}, post: {}, transaction: {} },
      blockchain: { blocks: [], pre: {}, network: 'Cancun' },
      'blockchain-engine': { engineNewPayloads: [], pre: {} },
      'blockchain-engine-x': { engineNewPayloads: [], preHash: '0x' },
      transaction: { txbytes: '0x', result: {} },
      trie: { in: [], root: '0x' },
      rlp: { in: [], out: '0x' },
      pow: { seed: '0x', cache_size: 1 },
      difficulty: { _info: {}, Berlin: { a: { currentDifficulty: '0x', parentDifficulty: '0x' } } },
    };
    for (const [kind, test] of Object.entries(shapes)) {
      expect(classifyContent('a.json', { name: test }), kind).to.equal(kind);
      expect(classifyContent('blockchain_tests/a.json', { name: test }), kind).to.equal(kind);
    }
    expect(classifyContent('a.json', { name: { something: 1 } })).to.equal('unknown');
    expect(classifyContent('a.json', ['list'])).to.equal('unknown');
    expect(classifyContent('a.json', null)).to.equal('unknown');
  });

  it('keeps a malformed fixture of a known suite in its suite', () => {
    expect(classifyContent('GeneralStateTests/a.json', { name: { something: 1 } })).to.equal('state');
  });

  it('knows a Git LFS pointer', () => {
    expect(isLfsPointer('version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n')).to.equal(true);
    expect(isLfsPointer('{}')).to.equal(false);
  });

  it('groups by suite', () => {
    const groups = {
      'GeneralStateTests/Cancun/stX/a.json': 'GeneralStateTests',
      'BlockchainTests/ValidBlocks/bcX/a.json': 'BlockchainTests/ValidBlocks',
      'tests-develop/BlockchainTests/InvalidBlocks/bcX/a.json': 'BlockchainTests/InvalidBlocks',
      'LegacyTests/Cancun/GeneralStateTests/stX/a.json': 'LegacyTests/Cancun/GeneralStateTests',
      'Constantinople/BlockchainTests/ValidBlocks/bcX/a.json': 'Constantinople/BlockchainTests/ValidBlocks',
      'fixtures/state_tests/prague/eip7702/a.json': 'state_tests/prague',
      'a.json': '.',
      'one/two/three/a.json': 'one/two',
    };
    for (const [file, group] of Object.entries(groups)) expect(groupOf(file), file).to.equal(group);
  });
});
