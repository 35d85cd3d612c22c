// Errors that nexusctl itself finds.

/** The daemon or the bus went away in the middle of something. */
export class DaemonLostError extends Error {}

/** The user broke it off. The message is all there is to say. */
export class InterruptedError extends Error {}

/** It did not come about, for a reason that the bus has no error for. */
export class RefusedError extends Error {}
