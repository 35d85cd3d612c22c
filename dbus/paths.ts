// Object paths: `/org/workfort/Nexus1/<kind>/<id>`, where an id is a UUID without dashes or a job's number.
import type {ObjectPath} from './contract.js';

export const busName = 'org.workfort.Nexus1';
export const rootPath: ObjectPath = '/org/workfort/Nexus1';
/** The path that means "no object". */
export const noObject: ObjectPath = '/';

/** The kinds of object below the root, each a node of its own. */
export const kinds = ['image', 'workspace', 'vm', 'job'] as const;
export type Kind = typeof kinds[number];

/** The path of an object; `id` is a record's UUID or a job's number. */
export const objectPath = (kind: Kind, id: string | number): ObjectPath => `${rootPath}/${kind}/${idInPath(id)}`;

/** The last word of an object's path. */
export const idInPath = (id: string | number): string => String(id).replaceAll('-', '');

/** What a path names, or `undefined` when it has not the form of an object's path. The object need not exist. */
export function parseObjectPath(path: ObjectPath): {kind: Kind; id: string} | undefined {
	const match = /^\/org\/workfort\/Nexus1\/(?:(?<kind>image|workspace|vm)\/(?<id>[\da-f]{32})|job\/(?<job>[1-9]\d{0,9}))$/.exec(path);
	if (!match) {
		return undefined;
	}

	const {kind, id, job} = match.groups!;
	return job ? {kind: 'job', id: job} : {kind: kind as Kind, id: id!.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')};
}
