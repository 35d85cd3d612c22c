// Runs a program to its end and keeps what it said.
import {execa} from 'execa';

export type Run = {exitCode: number | undefined; stdout: string; stderr: string};

/** Runs a program without a shell; a failure is told by its exit code, not thrown. */
export async function run(file: string, args: string[], env: Record<string, string | undefined> = {}): Promise<Run> {
	const {exitCode, stdout, stderr} = await execa(file, args, {env, reject: false, stdin: 'ignore'});
	return {exitCode, stdout, stderr};
}
