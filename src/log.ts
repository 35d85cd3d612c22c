// The core says what it does through a function that its host provides.

export type LogLevel = 'error' | 'warning' | 'notice' | 'info';

/** For whom something is done: a name, of a connection for example, and the user behind it. */
export type Actor = {name: string; uid: number};

/** What a line is about, for machines: the operation, the object, `workspace alpha` for example, and for whom it is done; nobody when it is done by itself. */
export type LogFields = {operation: string; object: string; by: Actor | undefined};

/** Takes one line, without a newline at its end. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;
