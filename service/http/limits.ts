// How much anybody may ask of the socket. docs/rest-api.md lists these.

/** Bytes of a request's body. */
export const bodyBytes = 64 * 1024;

/** Bytes of a request's line and headers. */
export const headerBytes = 16 * 1024;

/** A request's line, headers and body have arrived after this many milliseconds. */
export const arrivalMs = 10_000;

/** A connection without a request is closed after this many milliseconds. */
export const idleMs = 5000;

/** A client that takes nothing of its answer for this many milliseconds is dropped; node notices after twice as many at the latest. */
export const stallMs = 15_000;

/** Connections that are served at the same time, how many of them all users other than root may have, and how many one of them. */
export const connections = {all: 64, ofOthers: 56, ofUser: 28};

/** Requests that may wait on one connection for the answers before theirs. */
export const pipelined = 16;

/** Requests under way have this many milliseconds to end when the socket closes. */
export const graceMs = 10_000;
