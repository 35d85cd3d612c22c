// The schema of the database, and the way from older versions to it.

export const schemaVersion = 5;

const metaAndSettings = `
CREATE TABLE schema_meta (
	key TEXT PRIMARY KEY,
	value TEXT NOT NULL
);
CREATE TABLE settings (
	key TEXT PRIMARY KEY,
	value TEXT NOT NULL,
	type TEXT NOT NULL CHECK (type IN ('string', 'int', 'bool', 'json'))
);
`;

const vms = `
CREATE TABLE vms (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	role TEXT NOT NULL CHECK (role IN ('portal', 'work', 'service')),
	state TEXT NOT NULL CHECK (state IN ('created', 'running', 'stopped', 'crashed', 'failed')),
	cid INTEGER NOT NULL UNIQUE,
	vcpu_count INTEGER NOT NULL DEFAULT 1,
	mem_size_mib INTEGER NOT NULL DEFAULT 128,
	config_json TEXT,
	pid INTEGER,
	socket_path TEXT,
	uds_path TEXT,
	console_log_path TEXT,
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL,
	started_at INTEGER,
	stopped_at INTEGER
);
CREATE INDEX vms_role ON vms (role);
CREATE INDEX vms_state ON vms (state);
`;

const imagesAndWorkspaces = `
CREATE TABLE master_images (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	subvolume_path TEXT NOT NULL UNIQUE,
	size_bytes INTEGER NOT NULL,
	created_at INTEGER NOT NULL
);
CREATE TABLE workspaces (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	vm_id TEXT REFERENCES vms (id) ON DELETE SET NULL,
	subvolume_path TEXT NOT NULL UNIQUE,
	master_image_id TEXT NOT NULL REFERENCES master_images (id) ON DELETE RESTRICT,
	parent_workspace_id TEXT REFERENCES workspaces (id) ON DELETE SET NULL,
	size_bytes INTEGER NOT NULL,
	is_root_device INTEGER NOT NULL DEFAULT 0 CHECK (is_root_device IN (0, 1)),
	is_read_only INTEGER NOT NULL DEFAULT 0 CHECK (is_read_only IN (0, 1)),
	attached_at INTEGER,
	detached_at INTEGER,
	created_at INTEGER NOT NULL
);
CREATE INDEX workspaces_vm_id ON workspaces (vm_id);
CREATE INDEX workspaces_master_image_id ON workspaces (master_image_id);
`;

const setVersion = (version: number): string =>
	`INSERT OR REPLACE INTO schema_meta (key, value) VALUES ('schema_version', '${version}');`;

/** For each older version, what makes it the next one. */
export const migrations: Readonly<Record<number, string>> = {
	2: `${imagesAndWorkspaces}${setVersion(3)}`,
	// What is there already was made by root.
	3: `ALTER TABLE workspaces ADD COLUMN owner_uid INTEGER NOT NULL DEFAULT 0;${setVersion(4)}`,
	// The tables stay. From here on there is a journal beside the database, and the pool knows more about its disks. Without
	// the index each removal would look at every workspace for those that point to it.
	4: `CREATE INDEX workspaces_parent_workspace_id ON workspaces (parent_workspace_id) WHERE parent_workspace_id IS NOT NULL;${setVersion(5)}`,
};

/** Makes a new database, by the steps that older ones take. */
export const createSchema = `${metaAndSettings}${vms}${Object.values(migrations).join('')}`;
