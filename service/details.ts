// What a polkit rule may know about a request, and a prompt may show: what the caller gave, and, where that names a
// record, the record itself. Nothing here refuses anything: a stranger must learn first that it is denied.
import type {Kind} from '../dbus/paths.js';
import {NexusError} from '../src/errors.js';
import type {Nexus} from '../src/nexus.js';
import type {Details} from './caller.js';

/** A record's kind. */
export type RecordKind = Exclude<Kind, 'job'>;

/**
The details of a record: its name under the key, and of a workspace also its owner's uid and its base image. What is not
there is told as it was given.
*/
export function recordDetails(nexus: Nexus, kind: RecordKind, key: string, nameOrId: string): Details {
	try {
		switch (kind) {
			case 'image': {
				return {[key]: nexus.image(nameOrId).name};
			}

			case 'vm': {
				return {[key]: nexus.vm(nameOrId).name};
			}

			case 'workspace': {
				const {name, ownerUid, masterImageId} = nexus.workspace(nameOrId);
				return {[key]: name, owner: String(ownerUid), base: nexus.image(masterImageId).name};
			}
		}
	} catch (error) {
		if (error instanceof NexusError && error.code === 'NotFound') {
			return {[key]: shown(nameOrId)};
		}

		throw error;
	}
}

/** A caller's text as a person may be shown it: of a bounded length, and without control characters. */
export const shown = (text: string): string => {
	const plain = text.slice(0, longest).replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?');
	return text.length > longest ? `${plain}…` : plain;
};

const longest = 512;
