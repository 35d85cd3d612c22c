// The space that the disk at the cursor occupies. No signal tells of it, so nexusd is asked once the cursor stays there. Only that
// one's is known: no row and no tree changes with it.
import {EventEmitter} from 'node:events';
import type {NexusClient} from '../../dbus/client.js';
import type {ObjectPath} from '../../dbus/contract.js';
import {parseObjectPath, type Kind} from '../../dbus/paths.js';

/** Milliseconds after which it is asked for. */
const dwelling = 150;

/** The interfaces of what occupies space. */
const interfaces: Readonly<Partial<Record<Kind, 'Image' | 'Workspace'>>> = {image: 'Image', workspace: 'Workspace'};

/** `change`: it has become known. */
export class Occupied extends EventEmitter<Record<'change', never[]>> {
	#known: {readonly object: ObjectPath; readonly bytes: number} | undefined;
	#waiting: NodeJS.Timeout | undefined;

	/** The bytes that a disk occupies, once they are known. */
	bytesOf(object: ObjectPath): number | undefined {
		return this.#known?.object === object ? this.#known.bytes : undefined;
	}

	/**
	The cursor has come to something else.

	@param client Whom to ask when it stays; may throw while there is nobody.
	*/
	look(object: ObjectPath | undefined, client: () => NexusClient): void {
		this.end();
		const name = object && interfaces[parseObjectPath(object)!.kind];
		if (name) {
			this.#waiting = setTimeout(() => {
				void this.#ask(name, object, client);
			}, dwelling);
		}
	}

	/** Nobody looks any more. */
	end(): void {
		clearTimeout(this.#waiting);
	}

	async #ask(name: 'Image' | 'Workspace', object: ObjectPath, client: () => NexusClient): Promise<void> {
		try {
			const {allocated} = await client().properties(name, object);
			this.#known = {object, bytes: allocated};
			this.emit('change');
		} catch {
			// It is gone, or nexusd is; both are told by themselves.
		}
	}
}
