// The core says what it does through a function that its host provides.

export type LogLevel = 'error' | 'warning' | 'notice' | 'info';

/** Takes one line, without a newline at its end. */
export type Log = (level: LogLevel, message: string) => void;
