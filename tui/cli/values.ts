// The values of flags, from words.
import type {FlagSpec} from './command.js';

const powers = ['', 'K', 'M', 'G', 'T'];

/**
The value that a flag was given.

@throws RangeError that says what is expected.
*/
export function parseValue(spec: Exclude<FlagSpec, {type: 'boolean'}>, text: string): string | number {
	switch (spec.type) {
		case 'integer': {
			return parseInteger(text, spec.minimum, spec.maximum);
		}

		case 'size': {
			return parseSize(text);
		}

		case 'string': {
			return parseChoice(text, spec.choices);
		}
	}
}

/**
Bytes from `2G`, `512MiB`, `4096`: the suffixes are powers of 1024.

@throws RangeError that says what is expected.
*/
export function parseSize(text: string): number {
	const match = /^(?<count>\d+)(?:(?<suffix>[kmgt])(?:ib)?)?$/i.exec(text);
	const bytes = match ? Number(match.groups!['count']) * (1024 ** powers.indexOf(match.groups!['suffix']?.toUpperCase() ?? '')) : 0;
	if (bytes < 1 || !Number.isSafeInteger(bytes)) {
		throw new RangeError('a size such as 2G, 512M or a number of bytes');
	}

	return bytes;
}

function parseInteger(text: string, minimum: number, maximum: number): number {
	const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
	if (!(value >= minimum && value <= maximum)) {
		throw new RangeError(`a whole number from ${minimum} to ${maximum}`);
	}

	return value;
}

function parseChoice(text: string, choices?: readonly string[]): string {
	if (choices && !choices.includes(text)) {
		throw new RangeError(`one of ${choices.join(', ')}`);
	}

	return text;
}
