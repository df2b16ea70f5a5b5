import { expect } from 'chai';
import { mainnetRules } from '../../runners/replay/mainnet.js';

const label = (number: bigint, timestamp: bigint): string => mainnetRules(number, timestamp).label;

describe("mainnet's forks", () => {
  it('change at their blocks', () => {
    const firsts: [string, bigint][] = [
      ['Homestead', 1_150_000n],
      ['EIP150', 2_463_000n],
      ['EIP158', 2_675_000n],
      ['Byzantium', 4_370_000n],
      ['Constantinople', 7_280_000n],
      ['Istanbul', 9_069_000n],
      ['MuirGlacier', 9_200_000n],
      ['Berlin', 12_244_000n],
      ['London', 12_965_000n],
      ['ArrowGlacier', 13_773_000n],
      ['GrayGlacier', 15_050_000n],
      ['Paris', 15_537_394n],
    ];
    let before = 'Frontier';
    for (const [name, first] of firsts) {
      expect(label(first - 1n, 1_600_000_000n)).to.equal(before);
      expect(label(first, 1_600_000_000n)).to.equal(name);
      before = name;
    }
    expect(mainnetRules(7_280_000n, 0n).fork).to.equal('ConstantinopleFix');
  });

  it('change at their times from Shanghai on, and never before the merge', () => {
    const firsts: [string, bigint][] = [
      ['Shanghai', 1_681_338_455n],
      ['Cancun', 1_710_338_135n],
      ['Prague', 1_746_612_311n],
      ['Osaka', 1_764_798_551n],
      ['BPO1', 1_765_290_071n],
      ['BPO2', 1_767_747_671n],
    ];
    let before = 'Paris';
    for (const [name, first] of firsts) {
      expect(label(17_000_000n, first - 1n)).to.equal(before);
      expect(label(17_000_000n, first)).to.equal(name);
      expect(label(15_000_000n, first)).to.equal('ArrowGlacier');
      before = name;
    }
  });

  it('have blob schedules from Cancun on, and the DAO block', () => {
    const max = (timestamp: bigint): number | undefined => mainnetRules(20_000_000n, timestamp).blobSchedule?.max;
    expect(
      [1_700_000_000n, 1_715_000_000n, 1_750_000_000n, 1_764_900_000n, 1_765_300_000n, 1_770_000_000n].map(max),
    ).to.deep.equal([undefined, 6, 9, 9, 15, 21]);
    expect(mainnetRules(1_920_000n, 0n)).to.deep.include({ daoForkBlock: 1_920_000n, fork: 'Homestead' });
  });
});
