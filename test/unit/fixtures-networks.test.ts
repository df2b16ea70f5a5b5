import { expect } from 'chai';
import type { CaseConfig } from '../../runners/fixtures/cases.js';
import { isNetwork, network, networkForks, UnknownNetworkError } from '../../runners/fixtures/networks.js';
import { FORKS } from '../../src/primitives/fork.js';

const point = (number: bigint, timestamp = 0n, parentTotalDifficulty = 0n) => ({
  number,
  timestamp,
  parentTotalDifficulty,
});

describe('fixture networks', () => {
  it('knows every fork by its own name, from genesis on', () => {
    for (const fork of FORKS) {
      expect(network(fork).forkAt(point(0n)).fork).to.equal(fork);
      expect(network(fork).forkAt(point(1_000_000n, 1n << 40n)).fork).to.equal(fork);
    }
  });

  it('resolves aliases', () => {
    expect(network('TangerineWhistle').forkAt(point(1n)).fork).to.equal('EIP150');
    expect(network('SpuriousDragon').forkAt(point(1n)).fork).to.equal('EIP158');
    expect(network('Merge').forkAt(point(1n)).fork).to.equal('Paris');
    expect(networkForks('Merge')).to.deep.equal(['Paris']);
  });

  it('switches by block number', () => {
    const pairs = [
      ['FrontierToHomesteadAt5', 'Frontier', 'Homestead'],
      ['HomesteadToEIP150At5', 'Homestead', 'EIP150'],
      ['EIP158ToByzantiumAt5', 'EIP158', 'Byzantium'],
      ['ByzantiumToConstantinopleFixAt5', 'Byzantium', 'ConstantinopleFix'],
      ['BerlinToLondonAt5', 'Berlin', 'London'],
    ] as const;
    for (const [name, before, after] of pairs) {
      expect(network(name).forkAt(point(4n, 1n << 40n)).fork, name).to.equal(before);
      expect(network(name).forkAt(point(5n)).fork, name).to.equal(after);
      expect(networkForks(name)).to.deep.equal([before, after]);
    }
  });

  it('switches by timestamp, whatever the number', () => {
    const pairs = [
      ['ParisToShanghaiAtTime15k', 'Paris', 'Shanghai'],
      ['ShanghaiToCancunAtTime15k', 'Shanghai', 'Cancun'],
      ['CancunToPragueAtTime15k', 'Cancun', 'Prague'],
      ['PragueToOsakaAtTime15k', 'Prague', 'Osaka'],
    ] as const;
    for (const [name, before, after] of pairs) {
      expect(network(name).forkAt(point(100n, 14_999n)).fork, name).to.equal(before);
      expect(network(name).forkAt(point(1n, 15_000n)).fork, name).to.equal(after);
    }
  });

  it("switches by the parent's total difficulty (EIP-3675)", () => {
    const merge = network('ArrowGlacierToParisAtDiffC0000');
    expect(merge.forkAt(point(9n, 0n, 0xbffffn)).fork).to.equal('ArrowGlacier');
    expect(merge.forkAt(point(1n, 0n, 0xc0000n)).fork).to.equal('Paris');
    expect(merge.terminalTotalDifficulty).to.equal(0xc0000n);
    expect(network('London').terminalTotalDifficulty).to.equal(null);
    expect(network('Cancun').terminalTotalDifficulty).to.equal(0n);
  });

  it('puts the DAO fork into Homestead', () => {
    const dao = network('HomesteadToDaoAt5');
    expect(dao.forkAt(point(5n))).to.include({ fork: 'Homestead', daoForkBlock: 5n });
    expect(dao.forkAt(point(4n)).daoForkBlock).to.equal(5n);
    expect(network('Homestead').daoForkBlock).to.equal(null);
  });

  it('says where London starts', () => {
    expect(network('Berlin').londonBlock).to.equal(null);
    expect(network('BerlinToLondonAt5').londonBlock).to.equal(5n);
    expect(network('London').londonBlock).to.equal(0n);
    expect(network('ArrowGlacierToParisAtDiffC0000').londonBlock).to.equal(0n);
  });

  it('runs parameter-only forks as Osaka with their own blob schedule', () => {
    const expected = { BPO1: [10, 15, 8346193n], BPO2: [14, 21, 11684671n], BPO3: [21, 32, 20609697n] } as const;
    for (const [name, [target, max, baseFeeUpdateFraction]] of Object.entries(expected)) {
      const rules = network(name).forkAt(point(1n));
      expect(rules.fork).to.equal('Osaka');
      expect(rules.blobSchedule).to.deep.equal({ target, max, baseFeeUpdateFraction });
    }
    const step = network('BPO3ToBPO4AtTime15k');
    expect(step.forkAt(point(1n, 14_999n)).label).to.equal('BPO3');
    expect(step.forkAt(point(1n, 15_000n)).blobSchedule?.baseFeeUpdateFraction).to.equal(13739630n);
    expect(network('OsakaToBPO1AtTime15k').forkAt(point(1n)).blobSchedule?.max).to.equal(9);
    const last = network('BPO4ToBPO5AtTime15k').forkAt(point(1n, 15_000n));
    expect(last).to.deep.equal({ ...network('BPO4').forkAt(point(1n)), label: 'BPO5' });
  });

  it("lets a fixture's config go before the defaults", () => {
    const own = { target: 1, max: 2, baseFeeUpdateFraction: 3n };
    const config: CaseConfig = { chainId: 1n, blobSchedule: new Map([['BPO1', own]]) };
    const step = network('OsakaToBPO1AtTime15k', config);
    expect(step.forkAt(point(1n, 15_000n)).blobSchedule).to.deep.equal(own);
    expect(step.forkAt(point(1n)).blobSchedule?.target).to.equal(6);
  });

  it('has blob schedules from Cancun on only', () => {
    expect(network('Shanghai').forkAt(point(1n)).blobSchedule).to.equal(null);
    expect(network('Cancun').forkAt(point(1n)).blobSchedule?.max).to.equal(6);
    expect(network('Prague').forkAt(point(1n)).blobSchedule?.max).to.equal(9);
  });

  it('refuses what it does not know, and lists what it does', () => {
    const unknown = [
      'Amsterdam',
      'BPO2ToAmsterdamAtTime15k',
      'cancun',
      '',
      'CancunToShanghaiAtTime15k',
      'CancunToCancunAtTime15k',
      'CancunToPragueAtSome',
      'BerlinToDaoAt5',
      'constructor',
    ];
    for (const name of unknown) {
      expect(isNetwork(name), name).to.equal(false);
      expect(() => network(name), name).to.throw(UnknownNetworkError, /known: Frontier, .*Osaka, BPO1/);
    }
  });
});
