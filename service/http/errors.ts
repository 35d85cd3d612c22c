// Failures as HTTP says them: a code, and `{"error": "…"}` whatever happens.
import {NexusError, type ErrorCode} from '../../src/errors.js';
import type {Log} from '../../src/log.js';
import {DeniedError} from '../authority.js';
import {shown} from '../details.js';
import {bodyBytes} from './limits.js';

/** The type of all that is answered. */
export const jsonType = 'application/json; charset=utf-8';

/** A failure that only HTTP knows. */
export class HttpError extends Error {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;

	constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
		super(message);
		this.status = status;
		this.headers = headers;
	}
}

/** A failure as it is answered. What nobody foresaw goes to the log whole, and to the client in one sentence. */
export function httpErrorOf(error: unknown, log: Log): HttpError {
	if (error instanceof HttpError) {
		return error;
	}

	if (error instanceof DeniedError) {
		return new HttpError(403, error.message);
	}

	if (error instanceof NexusError) {
		return new HttpError(statusOf[error.code], error.message);
	}

	if (isFrameworkError(error) && error.statusCode < 500) {
		return new HttpError(error.statusCode, shown(sentences[error.code] ?? error.message));
	}

	log('error', `unexpected error: ${wholeOf(error)}`);
	return new HttpError(500, 'nexusd met an unexpected error; its log says more');
}

/** All that is known of an error, for the log. */
export const wholeOf = (error: unknown): string => error instanceof Error ? error.stack ?? error.message : String(error);

const statusOf: Readonly<Record<ErrorCode, number>> = {
	InvalidName: 400,
	InvalidArgument: 400,
	AccessDenied: 403,
	NotFound: 404,
	AlreadyExists: 409,
	Conflict: 409,
	Io: 500,
	Unsupported: 501,
	Canceled: 503,
	NoSpace: 507,
};

type FrameworkError = Error & {statusCode: number; code: string};

const isFrameworkError = (error: unknown): error is FrameworkError =>
	error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' && error.statusCode >= 400;

// Where the framework's own words do not say what to do.
const sentences: Readonly<Record<string, string>> = {
	FST_ERR_BAD_URL: 'the path is not valid: a percent sign takes two hexadecimal digits of UTF-8 behind it',
	FST_ERR_CTP_BODY_TOO_LARGE: `the body is larger than ${bodyBytes} bytes`,
	FST_ERR_CTP_INVALID_JSON_BODY: 'the body is not valid JSON',
	FST_ERR_CTP_INVALID_MEDIA_TYPE: 'send JSON, with the header Content-Type: application/json',
};
