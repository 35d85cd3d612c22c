import {Text} from 'ink';
import type {Job} from '../../mirror/records.js';
import {quoted} from '../../output/printable.js';
import {ProgressBox} from '../../progress/progress-box.js';
import type {Session} from '../session.js';

/** How far a job is, as at the command line. */
export function JobProgress({session, job, width}: {readonly session: Session; readonly job: Job; readonly width: number}) {
	const {name, path, progress, size, message} = job;
	return (
		<>
			<ProgressBox title={`Importing image ${quoted(name)}`} progress={progress} size={size} message={message} pace={session.paceOf(path)} width={width}/>
			<Text> </Text>
		</>
	);
}
