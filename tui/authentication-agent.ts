// A person at a terminal can be asked for a password by polkit's own agent, as systemctl(1) does it.
import {once} from 'node:events';
import process from 'node:process';
import {execa} from 'execa';

/** Ends the agent, so that the terminal is as it was. */
export type StopAgent = () => Promise<void>;

/** Starts the agent, where somebody sits at a terminal; `undefined` where nobody does. A desktop's own agent goes before it. */
export async function startAgent(): Promise<StopAgent | undefined> {
	if (!process.stdin.isTTY || !process.stderr.isTTY) {
		return undefined;
	}

	const agent = execa('pkttyagent', ['--fallback', '--notify-fd=3'], {stdio: ['inherit', 'inherit', 'inherit', 'pipe'], reject: false});
	const notification = agent.stdio[3];
	// It closes its end once it is registered, or when it has failed.
	await once(notification.resume(), 'end');
	return async () => {
		agent.kill('SIGTERM');
		await agent;
	};
}
