// The form of the contract as data: `contract.ts` holds it, the dispatch and the client read it.

/** One argument: its D-Bus signature and, where the XML says so, the names behind it. */
export type ArgumentSpec = {
	readonly name: string;
	readonly type: string;
	/** Names of the members, for an array of structures. */
	readonly fields?: readonly string[];
	/** Keys and signatures, for an `a{sv}` of options. */
	readonly options?: Readonly<Record<string, string>>;
	/** The kind of record that it names, by name, id or object. */
	readonly names?: 'image' | 'workspace' | 'vm';
};

export type MethodSpec = {
	readonly in: readonly ArgumentSpec[];
	readonly out: readonly ArgumentSpec[];
	/** The polkit action that the caller needs, without its prefix. */
	readonly action?: string;
};

export type PropertySpec = {
	readonly type: string;
	/** As in `org.freedesktop.DBus.Property.EmitsChangedSignal`. */
	readonly emits: string;
};

export type InterfaceSpec = {
	readonly name: string;
	readonly methods: Readonly<Record<string, MethodSpec>>;
	readonly signals: Readonly<Record<string, readonly ArgumentSpec[]>>;
	readonly properties: Readonly<Record<string, PropertySpec>>;
	/** Its introspection XML. */
	readonly xml: string;
};

/** The signature of a list of arguments. */
export const signatureOf = (args: readonly ArgumentSpec[]): string => args.map(({type}) => type).join('');
