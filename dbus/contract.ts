// Made from the interface XML beside this file by `npm run generate`. Do not edit.
/* eslint-disable */
import type {Variant} from 'dbus-next';
import type {InterfaceSpec} from './spec.js';

/** A D-Bus object path. */
export type ObjectPath = string;

/** One of images: one structure an image; `workspaces` counts those made from it */
export type ImageRow = {
	id: string;
	name: string;
	subvolumePath: string;
	size: number;
	createdAt: number;
	workspaces: number;
	object: ObjectPath;
};

/** One of workspaces: one structure a workspace; `base` and `vm` are names, "" for none */
export type WorkspaceRow = {
	id: string;
	name: string;
	base: string;
	vm: string;
	devicePath: string;
	rootDevice: boolean;
	readOnly: boolean;
	size: number;
	createdAt: number;
	object: ObjectPath;
};

/** One of vms: one structure a VM */
export type VmRow = {
	id: string;
	name: string;
	role: string;
	state: string;
	cid: number;
	vcpus: number;
	memoryMib: number;
	object: ObjectPath;
};

/** One of findings: what is in the pool and not in the records (kind `unknown`), and what is in the records and not in the pool (kind `missing`); `what` is `image`, `workspace`, or `folder` where nothing tells */
export type FindingRow = {
	kind: string;
	what: string;
	name: string;
	path: string;
	message: string;
};

/** The entrance: images, workspaces and VM records by name or id. It lives on the root object, `/org/workfort/Nexus1`, beside `org.freedesktop.DBus.ObjectManager`. Wherever a method takes a `name_or_id`, an id wins over a name that looks the same. */
export type ManagerMethods = {
	/** Copies a folder into a new master image. Returns at once; the work goes on as a job, which outlives the caller's connection. Watch `JobRemoved` for its end: subscribe before you call, a small import is quick. @param name the image's name, free among images and workspaces @param source absolute path of the folder that holds the root filesystem; it must not change meanwhile @param options `size`: bytes of the ext4 filesystem; left out, it is sized from the tree with head-room */
	importImage(name: string, source: string, options: {size?: number}): Promise<ObjectPath>;
	/** All images, by name. */
	listImages(): Promise<ImageRow[]>;
	/** Finds an image. @param nameOrId its name or its UUID */
	getImage(nameOrId: string): Promise<ObjectPath>;
	/** Deletes an image. Refused with `Conflict` while workspaces are based on it. @param nameOrId its name or its UUID */
	deleteImage(nameOrId: string): Promise<void>;
	/** Makes a writable workspace from an image: a snapshot of it, ready to boot. Answers when it is durable. @param base the image's name or UUID @param name the workspace's name, free among images and workspaces; "" generates `base-` and 8 hex digits @param options none yet */
	createWorkspace(base: string, name: string, options: Record<never, never>): Promise<ObjectPath>;
	/** The workspaces, by name. @param base only those made from this image (name or UUID); "" lists all */
	listWorkspaces(base: string): Promise<WorkspaceRow[]>;
	/** Who the workspaces belong to: what the structures of `ListWorkspaces`, whose form is fixed, have no room for. @param base as in `ListWorkspaces` */
	listWorkspaceOwners(base: string): Promise<Record<ObjectPath, number>>;
	/** Finds a workspace. @param nameOrId its name or its UUID */
	getWorkspace(nameOrId: string): Promise<ObjectPath>;
	/** Deletes a workspace and all that was written to it. Refused with `Conflict` while it is attached to a VM. @param nameOrId its name or its UUID */
	deleteWorkspace(nameOrId: string): Promise<void>;
	/** Records a VM. Nexus does not run it; the record carries its vsock CID and the workspaces attached to it. @param name the VM's name, free among VMs @param role `portal`, `work` or `service` @param vcpus virtual processors, 1 to 1024 @param memoryMib memory in MiB, at least 1 */
	createVm(name: string, role: string, vcpus: number, memoryMib: number): Promise<ObjectPath>;
	/** All VM records, by name. */
	listVms(): Promise<VmRow[]>;
	/** Finds a VM record. @param nameOrId its name or its UUID */
	getVm(nameOrId: string): Promise<ObjectPath>;
	/** Deletes a VM record and detaches its workspaces. Refused with `Conflict` while the VM runs. @param nameOrId its name or its UUID */
	deleteVm(nameOrId: string): Promise<void>;
	/** Attaches a workspace to a VM. @param workspace the workspace's name or UUID @param vm the VM's name or UUID @param options `root-device`: it is the VM's root disk, of which a VM has one; `read-only`: the VM must not write to it */
	attachWorkspace(workspace: string, vm: string, options: {rootDevice?: boolean; readOnly?: boolean}): Promise<void>;
	/** Detaches a workspace from its VM. Refused with `Conflict` when it is not attached. @param workspace the workspace's name or UUID */
	detachWorkspace(workspace: string): Promise<void>;
	/** Reads the configuration anew. What concerns storage and socket waits for the next start, and the log says so. Refused with `InvalidArgument` when the configuration has a mistake; the one in use is kept. */
	reload(): Promise<void>;
	/** Compares the pool with the records. Nothing is changed. */
	examine(): Promise<FindingRow[]>;
	/** Takes something into the records that `Examine` found in the pool, as what its label says; what the records know under another name is moved back there. A workspace's image must be in the records. @param name its name in the pool */
	adopt(name: string): Promise<ObjectPath>;
	/** Removes something that `Examine` found in the pool and that is not in the records. @param name its name in the pool */
	removeUnknown(name: string): Promise<void>;
	/** Keeps the daemon from idling out, and has it tell of the pool's space, until the caller unsubscribes or leaves the bus. */
	subscribe(): Promise<void>;
	/** Takes `Subscribe` back. */
	unsubscribe(): Promise<void>;
};

/** The properties of `org.workfort.Nexus1.Manager`. */
export type ManagerProperties = {
	/** The daemon's version. */
	version: string;
	/** The version of the database's schema. */
	schemaVersion: number;
	/** How workspaces are kept: `btrfs` (snapshots) or `directory` (reflinks or copies). */
	backend: string;
	/** The folder that holds images and workspaces. */
	workspacesRoot: string;
	/** What an administrator should know about the pool, a sentence each; empty when all is well. Looked up when read. */
	warnings: string[];
	/** Bytes of the filesystem that holds the workspaces. It and `PoolFree` are told while anybody is subscribed: with the counts, and within some 5 s when somebody else has written to the pool. */
	poolSize: number;
	/** Bytes free in it. */
	poolFree: number;
	/** How many deleted images and workspaces still occupy space, which the system is freeing. Looked up when read. */
	removing: number;
	/** How many images there are. Counts change often: theirs are told together, some 20 ms after the first. */
	images: number;
	/** How many workspaces there are. */
	workspaces: number;
	/** How many VM records there are. */
	vms: number;
};

/** A master image, at `/org/workfort/Nexus1/image/` and its UUID without dashes. It never changes. */
export type ImageMethods = {
	/** Deletes the image, as `Manager.DeleteImage` does. */
	delete(): Promise<void>;
};

/** The properties of `org.workfort.Nexus1.Image`. */
export type ImageProperties = {
	/** Its UUID. */
	id: string;
	/** Its name. */
	name: string;
	/** The folder on disk that is the image. */
	subvolumePath: string;
	/** The raw ext4 file in it. */
	devicePath: string;
	/** Bytes of the ext4 filesystem. */
	size: number;
	/** Bytes that its file occupies, shared ones included. Looked up when read. */
	allocated: number;
	/** When it was imported. */
	createdAt: number;
	/** How many workspaces are based on it. Told as the counts of the Manager are. */
	workspaces: number;
};

/** A workspace, at `/org/workfort/Nexus1/workspace/` and its UUID without dashes: one VM's disk. */
export type WorkspaceMethods = {
	/** Attaches the workspace, as `Manager.AttachWorkspace` does. @param vm the VM's object @param options `root-device` and `read-only`, as there */
	attach(vm: ObjectPath, options: {rootDevice?: boolean; readOnly?: boolean}): Promise<void>;
	/** Detaches the workspace, as `Manager.DetachWorkspace` does. */
	detach(): Promise<void>;
	/** Deletes the workspace, as `Manager.DeleteWorkspace` does. */
	delete(): Promise<void>;
};

/** The properties of `org.workfort.Nexus1.Workspace`. */
export type WorkspaceProperties = {
	/** Its UUID. */
	id: string;
	/** Its name. */
	name: string;
	/** The folder on disk that is the workspace. */
	subvolumePath: string;
	/** The raw ext4 file in it, for a VM to use as a block device. */
	devicePath: string;
	/** The uid of the user it belongs to: who made it. The file is that user's, and closed to all others. */
	owner: number;
	/** The image it was made from. */
	baseImage: ObjectPath;
	/** The workspace it was made from, "/" when it came from the image itself. */
	parent: ObjectPath;
	/** The VM it is attached to, "/" for none. */
	vm: ObjectPath;
	/** Whether it is that VM's root disk. */
	rootDevice: boolean;
	/** Whether that VM must not write to it. */
	readOnly: boolean;
	/** Bytes of the ext4 filesystem. */
	size: number;
	/** Bytes that its file occupies, those shared with the image included. Looked up when read. */
	allocated: number;
	/** When it was last attached, 0 for never. */
	attachedAt: number;
	/** When it was last detached, 0 for never or while it is attached. */
	detachedAt: number;
	/** When it was made. */
	createdAt: number;
};

/** A VM record, at `/org/workfort/Nexus1/vm/` and its UUID without dashes. */
export type VmMethods = {
	/** Deletes the record, as `Manager.DeleteVm` does. */
	delete(): Promise<void>;
};

/** The properties of `org.workfort.Nexus1.Vm`. */
export type VmProperties = {
	/** Its UUID. */
	id: string;
	/** Its name. */
	name: string;
	/** `portal`, `work` or `service`. */
	role: string;
	/** `created`, `running`, `stopped`, `crashed` or `failed`. */
	state: string;
	/** Its vsock context id, from 3 up. */
	cid: number;
	/** Virtual processors. */
	vcpus: number;
	/** Memory in MiB. */
	memoryMiB: number;
	/** The workspaces attached to it. */
	workspaces: ObjectPath[];
	/** When it was recorded. */
	createdAt: number;
	/** When the record last changed. */
	updatedAt: number;
};

/** Long work under way, at `/org/workfort/Nexus1/job/` and its number. The object lives as long as the work. */
export type JobMethods = {
	/** Stops the work and undoes what it did. Answers when that is done. */
	cancel(): Promise<void>;
};

/** The properties of `org.workfort.Nexus1.Job`. */
export type JobProperties = {
	/** Its number, counted from 1 at each start of the daemon. */
	id: number;
	/** What it does: `import`. */
	kind: string;
	/** The name of what it makes. */
	name: string;
	/** `running`, then `done`, `failed` or `canceled`. */
	state: string;
	/** From 0 to 1: bytes written of `Size`. */
	progress: number;
	/** Bytes that it will write, 0 until it has looked over the source. */
	size: number;
	/** What it is doing, or why it failed. */
	message: string;
	/** What it made, "/" until it is done. */
	object: ObjectPath;
};

/** Is anybody there, and on which machine. */
export type PeerMethods = {
	/** Answers. */
	ping(): Promise<void>;
	/** The machine's id. */
	getMachineId(): Promise<string>;
};

/** The properties of `org.freedesktop.DBus.Peer`. */
export type PeerProperties = {
};

/** What an object offers. */
export type IntrospectableMethods = {
	/** The object's interfaces and the nodes below it. */
	introspect(): Promise<string>;
};

/** The properties of `org.freedesktop.DBus.Introspectable`. */
export type IntrospectableProperties = {
};

/** The properties of an object. Nexus has none that can be written. */
export type PropertiesMethods = {
	/** Reads one property. @param interfaceName the interface, or "" for any @param propertyName the property */
	get(interfaceName: string, propertyName: string): Promise<Variant>;
	/** Always refused with `PropertyReadOnly`. @param interfaceName the interface, or "" for any @param propertyName the property @param value the value */
	set(interfaceName: string, propertyName: string, value: Variant): Promise<void>;
	/** Reads all properties of an interface. @param interfaceName the interface, or "" for all */
	getAll(interfaceName: string): Promise<Record<string, Variant>>;
};

/** The properties of `org.freedesktop.DBus.Properties`. */
export type PropertiesProperties = {
};

/** All objects at once, and their coming and going. It lives on the root object. */
export type ObjectManagerMethods = {
	/** Every object below the root with its interfaces and their properties. */
	getManagedObjects(): Promise<Record<ObjectPath, Record<string, Record<string, Variant>>>>;
};

/** The properties of `org.freedesktop.DBus.ObjectManager`. */
export type ObjectManagerProperties = {
};

/** Every interface by its short name. */
export const contract = {
	"Manager": {
		"name": "org.workfort.Nexus1.Manager",
		"methods": {
			"ImportImage": {
				"in": [
					{
						"name": "name",
						"type": "s"
					},
					{
						"name": "source",
						"type": "s"
					},
					{
						"name": "options",
						"type": "a{sv}",
						"options": {
							"size": "t"
						}
					}
				],
				"out": [
					{
						"name": "job",
						"type": "o"
					}
				],
				"action": "import-image"
			},
			"ListImages": {
				"in": [],
				"out": [
					{
						"name": "images",
						"type": "a(sssttuo)",
						"fields": [
							"id",
							"name",
							"subvolumePath",
							"size",
							"createdAt",
							"workspaces",
							"object"
						]
					}
				]
			},
			"GetImage": {
				"in": [
					{
						"name": "name_or_id",
						"type": "s",
						"names": "image"
					}
				],
				"out": [
					{
						"name": "image",
						"type": "o"
					}
				]
			},
			"DeleteImage": {
				"in": [
					{
						"name": "name_or_id",
						"type": "s",
						"names": "image"
					}
				],
				"out": [],
				"action": "delete-image"
			},
			"CreateWorkspace": {
				"in": [
					{
						"name": "base",
						"type": "s",
						"names": "image"
					},
					{
						"name": "name",
						"type": "s"
					},
					{
						"name": "options",
						"type": "a{sv}",
						"options": {}
					}
				],
				"out": [
					{
						"name": "workspace",
						"type": "o"
					}
				],
				"action": "create-workspace"
			},
			"ListWorkspaces": {
				"in": [
					{
						"name": "base",
						"type": "s",
						"names": "image"
					}
				],
				"out": [
					{
						"name": "workspaces",
						"type": "a(sssssbbtto)",
						"fields": [
							"id",
							"name",
							"base",
							"vm",
							"devicePath",
							"rootDevice",
							"readOnly",
							"size",
							"createdAt",
							"object"
						]
					}
				]
			},
			"ListWorkspaceOwners": {
				"in": [
					{
						"name": "base",
						"type": "s",
						"names": "image"
					}
				],
				"out": [
					{
						"name": "owners",
						"type": "a{ou}"
					}
				]
			},
			"GetWorkspace": {
				"in": [
					{
						"name": "name_or_id",
						"type": "s",
						"names": "workspace"
					}
				],
				"out": [
					{
						"name": "workspace",
						"type": "o"
					}
				]
			},
			"DeleteWorkspace": {
				"in": [
					{
						"name": "name_or_id",
						"type": "s",
						"names": "workspace"
					}
				],
				"out": [],
				"action": "delete-workspace"
			},
			"CreateVm": {
				"in": [
					{
						"name": "name",
						"type": "s"
					},
					{
						"name": "role",
						"type": "s"
					},
					{
						"name": "vcpus",
						"type": "u"
					},
					{
						"name": "memory_mib",
						"type": "u"
					}
				],
				"out": [
					{
						"name": "vm",
						"type": "o"
					}
				],
				"action": "manage-vms"
			},
			"ListVms": {
				"in": [],
				"out": [
					{
						"name": "vms",
						"type": "a(ssssuuuo)",
						"fields": [
							"id",
							"name",
							"role",
							"state",
							"cid",
							"vcpus",
							"memoryMib",
							"object"
						]
					}
				]
			},
			"GetVm": {
				"in": [
					{
						"name": "name_or_id",
						"type": "s",
						"names": "vm"
					}
				],
				"out": [
					{
						"name": "vm",
						"type": "o"
					}
				]
			},
			"DeleteVm": {
				"in": [
					{
						"name": "name_or_id",
						"type": "s",
						"names": "vm"
					}
				],
				"out": [],
				"action": "manage-vms"
			},
			"AttachWorkspace": {
				"in": [
					{
						"name": "workspace",
						"type": "s",
						"names": "workspace"
					},
					{
						"name": "vm",
						"type": "s",
						"names": "vm"
					},
					{
						"name": "options",
						"type": "a{sv}",
						"options": {
							"root-device": "b",
							"read-only": "b"
						}
					}
				],
				"out": [],
				"action": "attach-workspace"
			},
			"DetachWorkspace": {
				"in": [
					{
						"name": "workspace",
						"type": "s",
						"names": "workspace"
					}
				],
				"out": [],
				"action": "attach-workspace"
			},
			"Reload": {
				"in": [],
				"out": [],
				"action": "reload"
			},
			"Examine": {
				"in": [],
				"out": [
					{
						"name": "findings",
						"type": "a(sssss)",
						"fields": [
							"kind",
							"what",
							"name",
							"path",
							"message"
						]
					}
				]
			},
			"Adopt": {
				"in": [
					{
						"name": "name",
						"type": "s"
					}
				],
				"out": [
					{
						"name": "object",
						"type": "o"
					}
				],
				"action": "repair"
			},
			"RemoveUnknown": {
				"in": [
					{
						"name": "name",
						"type": "s"
					}
				],
				"out": [],
				"action": "repair"
			},
			"Subscribe": {
				"in": [],
				"out": []
			},
			"Unsubscribe": {
				"in": [],
				"out": []
			}
		},
		"signals": {
			"JobNew": [
				{
					"name": "id",
					"type": "u"
				},
				{
					"name": "job",
					"type": "o"
				}
			],
			"JobRemoved": [
				{
					"name": "id",
					"type": "u"
				},
				{
					"name": "job",
					"type": "o"
				},
				{
					"name": "result",
					"type": "s"
				},
				{
					"name": "object",
					"type": "o"
				}
			]
		},
		"properties": {
			"Version": {
				"type": "s",
				"emits": "const"
			},
			"SchemaVersion": {
				"type": "u",
				"emits": "const"
			},
			"Backend": {
				"type": "s",
				"emits": "const"
			},
			"WorkspacesRoot": {
				"type": "s",
				"emits": "const"
			},
			"Warnings": {
				"type": "as",
				"emits": "false"
			},
			"PoolSize": {
				"type": "t",
				"emits": "true"
			},
			"PoolFree": {
				"type": "t",
				"emits": "true"
			},
			"Removing": {
				"type": "u",
				"emits": "false"
			},
			"Images": {
				"type": "u",
				"emits": "true"
			},
			"Workspaces": {
				"type": "u",
				"emits": "true"
			},
			"Vms": {
				"type": "u",
				"emits": "true"
			}
		},
		"xml": "<interface name=\"org.workfort.Nexus1.Manager\"><method name=\"ImportImage\"><arg name=\"name\" type=\"s\" direction=\"in\"/><arg name=\"source\" type=\"s\" direction=\"in\"/><arg name=\"options\" type=\"a{sv}\" direction=\"in\"/><arg name=\"job\" type=\"o\" direction=\"out\"/></method><method name=\"ListImages\"><arg name=\"images\" type=\"a(sssttuo)\" direction=\"out\"/></method><method name=\"GetImage\"><arg name=\"name_or_id\" type=\"s\" direction=\"in\"/><arg name=\"image\" type=\"o\" direction=\"out\"/></method><method name=\"DeleteImage\"><arg name=\"name_or_id\" type=\"s\" direction=\"in\"/></method><method name=\"CreateWorkspace\"><arg name=\"base\" type=\"s\" direction=\"in\"/><arg name=\"name\" type=\"s\" direction=\"in\"/><arg name=\"options\" type=\"a{sv}\" direction=\"in\"/><arg name=\"workspace\" type=\"o\" direction=\"out\"/></method><method name=\"ListWorkspaces\"><arg name=\"base\" type=\"s\" direction=\"in\"/><arg name=\"workspaces\" type=\"a(sssssbbtto)\" direction=\"out\"/></method><method name=\"ListWorkspaceOwners\"><arg name=\"base\" type=\"s\" direction=\"in\"/><arg name=\"owners\" type=\"a{ou}\" direction=\"out\"/></method><method name=\"GetWorkspace\"><arg name=\"name_or_id\" type=\"s\" direction=\"in\"/><arg name=\"workspace\" type=\"o\" direction=\"out\"/></method><method name=\"DeleteWorkspace\"><arg name=\"name_or_id\" type=\"s\" direction=\"in\"/></method><method name=\"CreateVm\"><arg name=\"name\" type=\"s\" direction=\"in\"/><arg name=\"role\" type=\"s\" direction=\"in\"/><arg name=\"vcpus\" type=\"u\" direction=\"in\"/><arg name=\"memory_mib\" type=\"u\" direction=\"in\"/><arg name=\"vm\" type=\"o\" direction=\"out\"/></method><method name=\"ListVms\"><arg name=\"vms\" type=\"a(ssssuuuo)\" direction=\"out\"/></method><method name=\"GetVm\"><arg name=\"name_or_id\" type=\"s\" direction=\"in\"/><arg name=\"vm\" type=\"o\" direction=\"out\"/></method><method name=\"DeleteVm\"><arg name=\"name_or_id\" type=\"s\" direction=\"in\"/></method><method name=\"AttachWorkspace\"><arg name=\"workspace\" type=\"s\" direction=\"in\"/><arg name=\"vm\" type=\"s\" direction=\"in\"/><arg name=\"options\" type=\"a{sv}\" direction=\"in\"/></method><method name=\"DetachWorkspace\"><arg name=\"workspace\" type=\"s\" direction=\"in\"/></method><method name=\"Reload\"></method><method name=\"Examine\"><arg name=\"findings\" type=\"a(sssss)\" direction=\"out\"/></method><method name=\"Adopt\"><arg name=\"name\" type=\"s\" direction=\"in\"/><arg name=\"object\" type=\"o\" direction=\"out\"/></method><method name=\"RemoveUnknown\"><arg name=\"name\" type=\"s\" direction=\"in\"/></method><method name=\"Subscribe\"></method><method name=\"Unsubscribe\"></method><signal name=\"JobNew\"><arg name=\"id\" type=\"u\"/><arg name=\"job\" type=\"o\"/></signal><signal name=\"JobRemoved\"><arg name=\"id\" type=\"u\"/><arg name=\"job\" type=\"o\"/><arg name=\"result\" type=\"s\"/><arg name=\"object\" type=\"o\"/></signal><property name=\"Version\" type=\"s\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"SchemaVersion\" type=\"u\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"Backend\" type=\"s\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"WorkspacesRoot\" type=\"s\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"Warnings\" type=\"as\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"false\"/></property><property name=\"PoolSize\" type=\"t\" access=\"read\"></property><property name=\"PoolFree\" type=\"t\" access=\"read\"></property><property name=\"Removing\" type=\"u\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"false\"/></property><property name=\"Images\" type=\"u\" access=\"read\"></property><property name=\"Workspaces\" type=\"u\" access=\"read\"></property><property name=\"Vms\" type=\"u\" access=\"read\"></property></interface>"
	},
	"Image": {
		"name": "org.workfort.Nexus1.Image",
		"methods": {
			"Delete": {
				"in": [],
				"out": [],
				"action": "delete-image"
			}
		},
		"signals": {},
		"properties": {
			"Id": {
				"type": "s",
				"emits": "const"
			},
			"Name": {
				"type": "s",
				"emits": "const"
			},
			"SubvolumePath": {
				"type": "s",
				"emits": "const"
			},
			"DevicePath": {
				"type": "s",
				"emits": "const"
			},
			"Size": {
				"type": "t",
				"emits": "const"
			},
			"Allocated": {
				"type": "t",
				"emits": "false"
			},
			"CreatedAt": {
				"type": "t",
				"emits": "const"
			},
			"Workspaces": {
				"type": "u",
				"emits": "true"
			}
		},
		"xml": "<interface name=\"org.workfort.Nexus1.Image\"><method name=\"Delete\"></method><property name=\"Id\" type=\"s\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"Name\" type=\"s\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"SubvolumePath\" type=\"s\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"DevicePath\" type=\"s\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"Size\" type=\"t\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"Allocated\" type=\"t\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"false\"/></property><property name=\"CreatedAt\" type=\"t\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"Workspaces\" type=\"u\" access=\"read\"></property></interface>"
	},
	"Workspace": {
		"name": "org.workfort.Nexus1.Workspace",
		"methods": {
			"Attach": {
				"in": [
					{
						"name": "vm",
						"type": "o",
						"names": "vm"
					},
					{
						"name": "options",
						"type": "a{sv}",
						"options": {
							"root-device": "b",
							"read-only": "b"
						}
					}
				],
				"out": [],
				"action": "attach-workspace"
			},
			"Detach": {
				"in": [],
				"out": [],
				"action": "attach-workspace"
			},
			"Delete": {
				"in": [],
				"out": [],
				"action": "delete-workspace"
			}
		},
		"signals": {},
		"properties": {
			"Id": {
				"type": "s",
				"emits": "const"
			},
			"Name": {
				"type": "s",
				"emits": "const"
			},
			"SubvolumePath": {
				"type": "s",
				"emits": "const"
			},
			"DevicePath": {
				"type": "s",
				"emits": "const"
			},
			"Owner": {
				"type": "u",
				"emits": "const"
			},
			"BaseImage": {
				"type": "o",
				"emits": "const"
			},
			"Parent": {
				"type": "o",
				"emits": "true"
			},
			"Vm": {
				"type": "o",
				"emits": "true"
			},
			"RootDevice": {
				"type": "b",
				"emits": "true"
			},
			"ReadOnly": {
				"type": "b",
				"emits": "true"
			},
			"Size": {
				"type": "t",
				"emits": "const"
			},
			"Allocated": {
				"type": "t",
				"emits": "false"
			},
			"AttachedAt": {
				"type": "t",
				"emits": "true"
			},
			"DetachedAt": {
				"type": "t",
				"emits": "true"
			},
			"CreatedAt": {
				"type": "t",
				"emits": "const"
			}
		},
		"xml": "<interface name=\"org.workfort.Nexus1.Workspace\"><method name=\"Attach\"><arg name=\"vm\" type=\"o\" direction=\"in\"/><arg name=\"options\" type=\"a{sv}\" direction=\"in\"/></method><method name=\"Detach\"></method><method name=\"Delete\"></method><property name=\"Id\" type=\"s\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"Name\" type=\"s\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"SubvolumePath\" type=\"s\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"DevicePath\" type=\"s\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"Owner\" type=\"u\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"BaseImage\" type=\"o\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"Parent\" type=\"o\" access=\"read\"></property><property name=\"Vm\" type=\"o\" access=\"read\"></property><property name=\"RootDevice\" type=\"b\" access=\"read\"></property><property name=\"ReadOnly\" type=\"b\" access=\"read\"></property><property name=\"Size\" type=\"t\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"Allocated\" type=\"t\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"false\"/></property><property name=\"AttachedAt\" type=\"t\" access=\"read\"></property><property name=\"DetachedAt\" type=\"t\" access=\"read\"></property><property name=\"CreatedAt\" type=\"t\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property></interface>"
	},
	"Vm": {
		"name": "org.workfort.Nexus1.Vm",
		"methods": {
			"Delete": {
				"in": [],
				"out": [],
				"action": "manage-vms"
			}
		},
		"signals": {},
		"properties": {
			"Id": {
				"type": "s",
				"emits": "const"
			},
			"Name": {
				"type": "s",
				"emits": "const"
			},
			"Role": {
				"type": "s",
				"emits": "const"
			},
			"State": {
				"type": "s",
				"emits": "true"
			},
			"Cid": {
				"type": "u",
				"emits": "const"
			},
			"Vcpus": {
				"type": "u",
				"emits": "const"
			},
			"MemoryMiB": {
				"type": "u",
				"emits": "const"
			},
			"Workspaces": {
				"type": "ao",
				"emits": "true"
			},
			"CreatedAt": {
				"type": "t",
				"emits": "const"
			},
			"UpdatedAt": {
				"type": "t",
				"emits": "true"
			}
		},
		"xml": "<interface name=\"org.workfort.Nexus1.Vm\"><method name=\"Delete\"></method><property name=\"Id\" type=\"s\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"Name\" type=\"s\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"Role\" type=\"s\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"State\" type=\"s\" access=\"read\"></property><property name=\"Cid\" type=\"u\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"Vcpus\" type=\"u\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"MemoryMiB\" type=\"u\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"Workspaces\" type=\"ao\" access=\"read\"></property><property name=\"CreatedAt\" type=\"t\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"UpdatedAt\" type=\"t\" access=\"read\"></property></interface>"
	},
	"Job": {
		"name": "org.workfort.Nexus1.Job",
		"methods": {
			"Cancel": {
				"in": [],
				"out": [],
				"action": "import-image"
			}
		},
		"signals": {},
		"properties": {
			"Id": {
				"type": "u",
				"emits": "const"
			},
			"Kind": {
				"type": "s",
				"emits": "const"
			},
			"Name": {
				"type": "s",
				"emits": "const"
			},
			"State": {
				"type": "s",
				"emits": "true"
			},
			"Progress": {
				"type": "d",
				"emits": "true"
			},
			"Size": {
				"type": "t",
				"emits": "true"
			},
			"Message": {
				"type": "s",
				"emits": "true"
			},
			"Object": {
				"type": "o",
				"emits": "true"
			}
		},
		"xml": "<interface name=\"org.workfort.Nexus1.Job\"><method name=\"Cancel\"></method><property name=\"Id\" type=\"u\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"Kind\" type=\"s\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"Name\" type=\"s\" access=\"read\"><annotation name=\"org.freedesktop.DBus.Property.EmitsChangedSignal\" value=\"const\"/></property><property name=\"State\" type=\"s\" access=\"read\"></property><property name=\"Progress\" type=\"d\" access=\"read\"></property><property name=\"Size\" type=\"t\" access=\"read\"></property><property name=\"Message\" type=\"s\" access=\"read\"></property><property name=\"Object\" type=\"o\" access=\"read\"></property></interface>"
	},
	"Peer": {
		"name": "org.freedesktop.DBus.Peer",
		"methods": {
			"Ping": {
				"in": [],
				"out": []
			},
			"GetMachineId": {
				"in": [],
				"out": [
					{
						"name": "machine_uuid",
						"type": "s"
					}
				]
			}
		},
		"signals": {},
		"properties": {},
		"xml": "<interface name=\"org.freedesktop.DBus.Peer\"><method name=\"Ping\"></method><method name=\"GetMachineId\"><arg name=\"machine_uuid\" type=\"s\" direction=\"out\"/></method></interface>"
	},
	"Introspectable": {
		"name": "org.freedesktop.DBus.Introspectable",
		"methods": {
			"Introspect": {
				"in": [],
				"out": [
					{
						"name": "xml_data",
						"type": "s"
					}
				]
			}
		},
		"signals": {},
		"properties": {},
		"xml": "<interface name=\"org.freedesktop.DBus.Introspectable\"><method name=\"Introspect\"><arg name=\"xml_data\" type=\"s\" direction=\"out\"/></method></interface>"
	},
	"Properties": {
		"name": "org.freedesktop.DBus.Properties",
		"methods": {
			"Get": {
				"in": [
					{
						"name": "interface_name",
						"type": "s"
					},
					{
						"name": "property_name",
						"type": "s"
					}
				],
				"out": [
					{
						"name": "value",
						"type": "v"
					}
				]
			},
			"Set": {
				"in": [
					{
						"name": "interface_name",
						"type": "s"
					},
					{
						"name": "property_name",
						"type": "s"
					},
					{
						"name": "value",
						"type": "v"
					}
				],
				"out": []
			},
			"GetAll": {
				"in": [
					{
						"name": "interface_name",
						"type": "s"
					}
				],
				"out": [
					{
						"name": "properties",
						"type": "a{sv}"
					}
				]
			}
		},
		"signals": {
			"PropertiesChanged": [
				{
					"name": "interface_name",
					"type": "s"
				},
				{
					"name": "changed_properties",
					"type": "a{sv}"
				},
				{
					"name": "invalidated_properties",
					"type": "as"
				}
			]
		},
		"properties": {},
		"xml": "<interface name=\"org.freedesktop.DBus.Properties\"><method name=\"Get\"><arg name=\"interface_name\" type=\"s\" direction=\"in\"/><arg name=\"property_name\" type=\"s\" direction=\"in\"/><arg name=\"value\" type=\"v\" direction=\"out\"/></method><method name=\"Set\"><arg name=\"interface_name\" type=\"s\" direction=\"in\"/><arg name=\"property_name\" type=\"s\" direction=\"in\"/><arg name=\"value\" type=\"v\" direction=\"in\"/></method><method name=\"GetAll\"><arg name=\"interface_name\" type=\"s\" direction=\"in\"/><arg name=\"properties\" type=\"a{sv}\" direction=\"out\"/></method><signal name=\"PropertiesChanged\"><arg name=\"interface_name\" type=\"s\"/><arg name=\"changed_properties\" type=\"a{sv}\"/><arg name=\"invalidated_properties\" type=\"as\"/></signal></interface>"
	},
	"ObjectManager": {
		"name": "org.freedesktop.DBus.ObjectManager",
		"methods": {
			"GetManagedObjects": {
				"in": [],
				"out": [
					{
						"name": "objects",
						"type": "a{oa{sa{sv}}}"
					}
				]
			}
		},
		"signals": {
			"InterfacesAdded": [
				{
					"name": "object",
					"type": "o"
				},
				{
					"name": "interfaces",
					"type": "a{sa{sv}}"
				}
			],
			"InterfacesRemoved": [
				{
					"name": "object",
					"type": "o"
				},
				{
					"name": "interfaces",
					"type": "as"
				}
			]
		},
		"properties": {},
		"xml": "<interface name=\"org.freedesktop.DBus.ObjectManager\"><method name=\"GetManagedObjects\"><arg name=\"objects\" type=\"a{oa{sa{sv}}}\" direction=\"out\"/></method><signal name=\"InterfacesAdded\"><arg name=\"object\" type=\"o\"/><arg name=\"interfaces\" type=\"a{sa{sv}}\"/></signal><signal name=\"InterfacesRemoved\"><arg name=\"object\" type=\"o\"/><arg name=\"interfaces\" type=\"as\"/></signal></interface>"
	}
} as const satisfies Record<string, InterfaceSpec>;

/** What a caller can do with each interface, by its short name. */
export type Methods = {
	Manager: ManagerMethods;
	Image: ImageMethods;
	Workspace: WorkspaceMethods;
	Vm: VmMethods;
	Job: JobMethods;
	Peer: PeerMethods;
	Introspectable: IntrospectableMethods;
	Properties: PropertiesMethods;
	ObjectManager: ObjectManagerMethods;
};

/** The properties of each interface, by its short name. */
export type Properties = {
	Manager: ManagerProperties;
	Image: ImageProperties;
	Workspace: WorkspaceProperties;
	Vm: VmProperties;
	Job: JobProperties;
	Peer: PeerProperties;
	Introspectable: IntrospectableProperties;
	Properties: PropertiesProperties;
	ObjectManager: ObjectManagerProperties;
};

/** The arguments of each signal, by interface and member. */
export type Signals = {
	'Manager.JobNew': [id: number, job: ObjectPath];
	'Manager.JobRemoved': [id: number, job: ObjectPath, result: string, object: ObjectPath];
	'Properties.PropertiesChanged': [interfaceName: string, changedProperties: Record<string, Variant>, invalidatedProperties: string[]];
	'ObjectManager.InterfacesAdded': [object: ObjectPath, interfaces: Record<string, Record<string, Variant>>];
	'ObjectManager.InterfacesRemoved': [object: ObjectPath, interfaces: string[]];
};
