/** Random programs on both machines: a short, fixed part of what `npm run fuzz` does at length. */
import { expect } from 'chai';
import { type Finding, fuzz } from '../fuzz/fuzz.js';

const PROGRAMS = 1500;

describe('random programs on both machines', function () {
  this.timeout(300_000);

  it(`${PROGRAMS} programs come out alike`, async () => {
    const findings: Finding[] = [];
    let executed = 0;
    let suspended = 0;
    const count = await fuzz({
      seed: 20261121,
      fork: null,
      from: 0,
      to: PROGRAMS,
      found: async (finding) => {
        findings.push(finding);
      },
      around: ({ fuzzCase }, work) => {
        executed++;
        if (fuzzCase.suspend !== null) suspended++;
        return work();
      },
    });
    expect(findings.map(({ iteration, differences }) => ({ iteration, differences }))).to.deep.equal([]);
    expect(count).to.equal(PROGRAMS);
    expect(executed).to.equal(PROGRAMS);
    expect(suspended).to.be.greaterThan(PROGRAMS / 16);
  });
});
