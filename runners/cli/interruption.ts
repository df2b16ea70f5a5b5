/** Signals that ask a command to end. */

/** Ctrl-C; what stops a service; a terminal that is closed. */
const INTERRUPTIONS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * How long a repeated signal counts as the same one, ms: `timeout` signals its child and then the child's group, so that
 * one request comes twice within microseconds.
 */
const SAME_MS = 1000;

/** Aborted by the first request to end; a second one, not at once, ends the command as if nobody had listened. */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const stopListening = (): void => {
    for (const signal of INTERRUPTIONS) process.off(signal, interrupt);
  };
  const interrupt = (): void => {
    if (controller.signal.aborted) return;
    controller.abort();
    // Node takes its listeners away some milliseconds before it has ended by itself: the same request, coming once more, would
    // end the command without its exit code then.
    process.once('beforeExit', () => process.exit());
    // A command that has ended before does not wait for it.
    setTimeout(stopListening, SAME_MS).unref();
  };
  for (const signal of INTERRUPTIONS) process.on(signal, interrupt);
  return controller.signal;
}
