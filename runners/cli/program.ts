/** The command line: all commands, in the order of its help. */
import { Command } from 'commander';
import {
  addExplain,
  addMinimise,
  addReplaySchedule,
  addTimeline,
  addTrace,
  type CaseActions,
} from './program-cases.js';
import { addCounts, addSelfTest, type CheckActions } from './program-checks.js';
import { addLogCommands, type LogActions } from './program-logs.js';
import { addCapture, addReplay, type MainnetActions } from './program-mainnet.js';
import { addList, addRun, type RunActions } from './program-run.js';
import { addUpkeepCommands, type UpkeepActions } from './program-upkeep.js';

/** What the commands do. */
export interface Actions extends RunActions, LogActions, UpkeepActions, CheckActions, CaseActions, MainnetActions {}

export function createProgram(version: string, actions: Actions): Command {
  const program = new Command('lockstep')
    .description('Executes official Ethereum fixtures serially and in parallel, and reports every difference.')
    .version(version)
    .showHelpAfterError('(--help shows the options)')
    .exitOverride();
  addRun(program, actions);
  addLogCommands(program, actions);
  addUpkeepCommands(program, actions);
  addList(program, actions);
  addCounts(program, actions);
  addTrace(program, actions);
  addExplain(program, actions);
  addMinimise(program, actions);
  addTimeline(program, actions);
  addReplay(program, actions);
  addReplaySchedule(program, actions);
  addCapture(program, actions);
  addSelfTest(program, actions);
  return program;
}
