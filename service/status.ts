// What `systemctl status` shows.
import type {Nexus} from '../src/nexus.js';
import {notify} from './systemd.js';

/** Tells the service manager how many of everything there are, now and whenever that changes. */
export function showStatus(nexus: Nexus): void {
	let isDue = false;
	const show = (): void => {
		isDue = false;
		notify(`STATUS=${statusOf(nexus)}`);
	};

	// A burst of changes is told once.
	const update = (): void => {
		if (!isDue) {
			isDue = true;
			setTimeout(show, 100).unref();
		}
	};

	for (const event of ['image-added', 'image-removed', 'workspace-added', 'workspace-removed', 'job-added', 'job-removed'] as const) {
		nexus.on(event, update);
	}

	show();
}

function statusOf(nexus: Nexus): string {
	const {images, workspaces} = nexus.counts();
	return [[images, 'image'], [workspaces, 'workspace'], [nexus.jobs().length, 'running job']]
		.map(([count, what]) => `${count} ${what}${count === 1 ? '' : 's'}`)
		.join(', ');
}
