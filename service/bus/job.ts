// org.workfort.Nexus1.Job
import {noObject, objectPath} from '../../dbus/paths.js';
import type {Job} from '../../src/jobs.js';
import type {Served} from './served.js';

/** Serves jobs. */
export const serveJob: Served<'Job', Job> = {
	methods: {
		cancel: async ({target}) => target.cancel(),
	},
	properties: {
		id: ({id}) => id,
		kind: ({kind}) => kind,
		name: ({subject}) => subject.name,
		state: ({state}) => state,
		progress: ({progress}) => progress,
		size: ({size}) => size,
		message: ({message}) => message,
		object: job => jobObject(job),
	},
};

/** The path of what a job made, "/" until it is done. */
export const jobObject = ({object}: Job): string => object ? objectPath(object.kind, object.id) : noObject;
