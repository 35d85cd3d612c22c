// All routes.
import type {App} from './app.js';
import {addHealthRoutes} from './health.js';
import {addImageRoutes} from './images.js';
import {requireRights, type MutatingRoute} from './rights.js';
import type {Services} from './services.js';
import {addVmRoutes} from './vms.js';
import {addWorkspaceRoutes} from './workspaces.js';

/** Adds all routes and returns those that change something. */
export function addRoutes(app: App, services: Services): readonly MutatingRoute[] {
	const mutatingRoutes = requireRights(app, services.nexus, services.authority);
	addHealthRoutes(app, services);
	addImageRoutes(app, services);
	addWorkspaceRoutes(app, services);
	addVmRoutes(app, services);
	return mutatingRoutes;
}
