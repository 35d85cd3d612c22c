// What `systemctl status` shows.
import type {Nexus} from '../src/nexus.js';
import {notify} from './systemd.js';

/**
Tells the service manager how many of everything there are, now and whenever that changes.

@returns A function that ends it, for before the records are closed.
*/
export function showStatus(nexus: Nexus): () => void {
	let due: NodeJS.Timeout | undefined;
	const show = (): void => {
		due = undefined;
		notify(`STATUS=${statusOf(nexus)}`);
	};

	// A burst of changes is told once.
	const update = (): void => {
		due ??= setTimeout(show, 100).unref();
	};

	const events = ['image-added', 'image-removed', 'workspace-added', 'workspace-removed', 'job-added', 'job-removed'] as const;
	for (const event of events) {
		nexus.on(event, update);
	}

	show();
	return () => {
		clearTimeout(due);
		for (const event of events) {
			nexus.off(event, update);
		}
	};
}

function statusOf(nexus: Nexus): string {
	const {images, workspaces} = nexus.counts();
	return [[images, 'image'], [workspaces, 'workspace'], [nexus.jobs().length, 'running job']]
		.map(([count, what]) => `${count} ${what}${count === 1 ? '' : 's'}`)
		.join(', ');
}
