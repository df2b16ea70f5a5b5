/** What `--help` of the commands says. */
import { expect } from 'chai';
import { helpTexts } from '../support/documented-commands.js';

/** What paragraphs and examples keep to; options are wrapped by the width of the output. */
const WIDEST = 119;

describe('help', () => {
  it('of every command keeps to one width', () => {
    const texts = helpTexts();
    expect(texts.size).to.be.greaterThan(15);
    for (const [name, text] of texts) {
      expect(
        text.split('\n').filter((line) => line.length > WIDEST),
        name,
      ).to.deep.equal([]);
    }
  });

  it('of run says how far small blocks are explored where nothing else is asked for', () => {
    expect(helpTexts().get('run')?.replaceAll(/\s+/g, ' ')).to.contain('at most so many per block (default: 1000)');
  });

  it('of minimise says how often the whole block is run', () => {
    expect(helpTexts().get('minimise')?.replaceAll('\n', ' ')).to.contain(
      'the whole block gets 10 times as many schedules and runs as --schedules and --runs name for smaller ones',
    );
  });
});
