import {Text} from 'ink';
import type {Job} from '../../mirror/records.js';
import type {Session} from '../session.js';

/** How far a job is. */
export function JobProgress({job, width}: {readonly session: Session; readonly job: Job; readonly width: number}) {
	return <Text>{`${Math.floor(job.progress * 100)}% ${width}`}</Text>;
}
