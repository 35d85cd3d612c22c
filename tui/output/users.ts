// Users by name, as ls(1) shows them.
import {execa} from 'execa';

/** The names of users by uid; one that has no name is left out. */
export async function userNames(uids: readonly number[]): Promise<Map<number, string>> {
	if (uids.length === 0) {
		return new Map();
	}

	// Users may come from anywhere that nsswitch.conf(5) names.
	const {stdout} = await execa('getent', ['passwd', ...new Set(uids.map(String))], {reject: false, stdin: 'ignore'});
	return new Map((stdout ?? '').split('\n').filter(Boolean).map(line => {
		const [name, , uid] = line.split(':') as [string, string, string];
		return [Number(uid), name];
	}));
}
