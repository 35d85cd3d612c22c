// How an interface is served: its methods and properties for a target, in the types that the contract gives them.
import type {InterfaceName} from '../../dbus/client.js';
import type {Caller} from '../caller.js';
import type {Methods, Properties} from '../../dbus/contract.js';
import type {LongList} from './long-list.js';

/** What a method is called on and by whom. */
export type Call<Target> = {
	target: Target;
	caller: Caller;
};

type AnyMethod = (...values: never[]) => Promise<unknown>;
type ServedMethod<Target, M> = M extends AnyMethod ? (call: Call<Target>, ...values: Parameters<M>) => Promise<Result<Awaited<ReturnType<M>>>> : never;

/** What may be long is given by its elements. */
type Result<R> = R extends ReadonlyArray<infer Row> ? R | LongList<Row> : R extends Readonly<Record<string, infer Value>> ? R | LongList<readonly [key: string, value: Value]> : R;

/** An implementation of an interface: every method and every property that the XML has, or it does not compile. */
export type Served<K extends InterfaceName, Target> = {
	methods: {[M in keyof Methods[K]]: ServedMethod<Target, Methods[K][M]>};
	properties: {[P in keyof Properties[K]]: (target: Target) => Properties[K][P] | Promise<Properties[K][P]>};
};
