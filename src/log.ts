// The core says what it does through a function that its host provides.

export type LogLevel = 'error' | 'warning' | 'notice' | 'info';

/** What a line is about, for machines: the operation and the object, `workspace alpha` for example. */
export type LogFields = {operation: string; object: string};

/** Takes one line, without a newline at its end. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void;
