/** A worker thread whose heaps have exact views. */
import { exactViews } from './exact-views.js';

exactViews();
await import('../../src/executor/worker-entry.js');
