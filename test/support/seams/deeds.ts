/** What the process of this folder can be told to do. */
export type Deed =
	| {do: 'import'; name: string; source: string}
	| {do: 'create'; base: string; name: string}
	| {do: 'create from stock'; base: string; name: string; before: string}
	| {do: 'delete workspace' | 'delete image' | 'detach' | 'adopt'; name: string}
	| {do: 'attach'; name: string; vm: string}
	| {do: 'nothing'};
