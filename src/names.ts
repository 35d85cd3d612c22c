// Names of images, workspaces and VMs. A name becomes a part of a path, so it is checked before anything else.
import {randomBytes} from 'node:crypto';
import {NexusError} from './errors.js';

const pattern = /^[A-Za-z\d][\w.-]{0,63}$/;

/**
Refuses what is no name: 1 to 64 characters, letters, digits, dots, underscores and dashes, the first a letter or digit.

@throws NexusError InvalidName
*/
export function checkName(name: string): void {
	if (!pattern.test(name)) {
		throw new NexusError('InvalidName', `${quote(name)} is not a valid name: use 1 to 64 letters, digits, dots, underscores and dashes, beginning with a letter or digit`);
	}
}

/** A name as a caller gave it, quoted for a message, cut where it is absurdly long. */
export const quote = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);

/** A fresh name for a workspace of an image: `<base>-<8 hex>`, the base cut where the whole would be too long. */
export const generateName = (base: string): string => `${base.slice(0, 64 - 9)}-${randomBytes(4).toString('hex')}`;
