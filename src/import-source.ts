// Checks the folder that an import is to read, before anything is made.
import path from 'node:path';
import {execa} from 'execa';
import {NexusError} from './errors.js';
import {quote} from './names.js';
import {commandAs, type Reader} from './reader.js';

/**
The path of a source without symlinks.

@param source As the caller gave it.
@param poolRoot The folder of images and workspaces, without symlinks.
@param reader With whose rights it is looked at.
@throws NexusError InvalidArgument, NotFound, AccessDenied, Io
*/
export async function checkSource(source: string, poolRoot: string, reader: Reader | undefined): Promise<string> {
	if (!path.isAbsolute(source) || source.includes('\0')) {
		throw new NexusError('InvalidArgument', `the source ${quote(source)} must be an absolute path`);
	}

	const folder = await resolveFolder(source, reader);
	if (isInside(folder, poolRoot)) {
		throw new NexusError('InvalidArgument', `the source ${source} lies inside the workspaces folder ${poolRoot}: copy it out first`);
	}

	if (isInside(poolRoot, folder)) {
		throw new NexusError('InvalidArgument', `the workspaces folder ${poolRoot} lies inside the source ${source}, which would contain itself: import a folder beside it`);
	}

	return folder;
}

// A program does it, because a process has only one user: this one would see what the reader may not.
async function resolveFolder(source: string, reader: Reader | undefined): Promise<string> {
	// With a slash at its end a path leads to a folder or to an error.
	const [file, args] = commandAs(reader, 'realpath', ['--canonicalize-existing', '--zero', '--', `${source}/`]);
	const {failed, stdout, stderr, shortMessage} = await execa(file, args, {
		env: {LC_ALL: 'C'}, cwd: '/', stdin: 'ignore', reject: false, timeout: 10_000, killSignal: 'SIGKILL',
	});
	if (!failed) {
		return stdout.slice(0, -1);
	}

	const reason = Object.keys(refusals).find(reason => stderr.includes(reason));
	throw reason ? refusals[reason]!(source) : new NexusError('Io', `cannot use the source ${source}: ${stderr.trim() === '' ? shortMessage ?? '' : stderr.trim()}`);
}

// By the words of strerror(3).
const refusals: Readonly<Record<string, (source: string) => NexusError>> = {
	'No such file or directory': source => new NexusError('NotFound', `the source ${source} does not exist`),
	'Not a directory': source => new NexusError('InvalidArgument', `the source ${source} is not a folder: name the folder that holds the root filesystem`),
	'Permission denied': source => new NexusError('AccessDenied', `the source ${source} is closed to you: an import reads what its caller may read`),
};

const isInside = (inner: string, outer: string): boolean => {
	const relative = path.relative(outer, inner);
	return relative === '' || !(relative === '..' || relative.startsWith('../'));
};
