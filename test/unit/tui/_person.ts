import type {Person} from '../../../tui/person.js';

/** Nobody answers or watches. */
export const nobody: Person = {
	canAnswer: false,
	ask: async () => undefined,
	watch: async (_title, work) => work({update: () => undefined, signal: new AbortController().signal}),
	warn: () => undefined,
};
