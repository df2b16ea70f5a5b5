/** Imported before a job process begins, whose arguments say at which run of a machine it ends, and how: `abort 17`. */
import { type Action, Fault } from './fault.js';
import { watchMachines } from './fault-sites.js';

const [action, count] = process.argv.slice(2);
const fault = new Fault();
await watchMachines('wasm', fault);
fault.arm('call', action as Action, Number(count));
