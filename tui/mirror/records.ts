// What there is, as the bus tells it: the properties of an object, and where it is.
import type {
	ImageProperties, JobProperties, ObjectPath, VmProperties, WorkspaceProperties,
} from '../../dbus/contract.js';
import type {Kind} from '../../dbus/paths.js';

/** With the path of the object. */
type Told<Properties> = Readonly<Properties> & {readonly path: ObjectPath};

export type Image = Told<ImageProperties>;
export type Workspace = Told<WorkspaceProperties>;
export type Vm = Told<VmProperties>;
export type Job = Told<JobProperties>;

/** A job that has ended, which the bus forgets at once. */
export type EndedJob = Job & {readonly endedAt: number};

export type RecordOf = {image: Image; workspace: Workspace; vm: Vm; job: Job};

/** The properties of an object, without its path. */
export type PropertiesOf<K extends Kind> = Omit<RecordOf[K], 'path'>;
