/** What `--help` of the commands says. */
import { expect } from 'chai';
import type { Command } from 'commander';
import { type Actions, createProgram } from '../../runners/cli/program.js';

function withSubcommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}

/** By command; as on an output that says no width. */
function helpTexts(): Map<string, string> {
  const program = createProgram('0.0.0', {} as Actions);
  return new Map(
    withSubcommands(program).map((command) => {
      let text = '';
      command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 80 });
      command.outputHelp();
      return [command.name(), text];
    }),
  );
}

describe('help', () => {
  it('of minimise says how often the whole block is run', () => {
    expect(helpTexts().get('minimise')?.replaceAll('\n', ' ')).to.contain(
      'the whole block gets 10 times as many schedules and runs as --schedules and --runs name for smaller ones',
    );
  });
});
