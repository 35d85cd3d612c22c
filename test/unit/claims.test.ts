import test from 'ava';
import fc from 'fast-check';
import {Claims, type Claim, type Release} from '../../src/claims.js';

const claim = (key: string, shared = false): Claim => ({key, shared, busy: () => new Error(`${key} is busy`)});

test('of two that want the same, one gets it', t => {
	const claims = new Claims();
	const release = claims.take(claim('a'));
	t.throws(() => claims.take(claim('a')), {message: 'a is busy'});
	claims.take(claim('b'))();
	release();
	t.notThrows(() => claims.take(claim('a')));
});

test('shared claims go together and exclude all others', t => {
	const claims = new Claims();
	const first = claims.take(claim('a', true));
	const second = claims.take(claim('a', true));
	t.throws(() => claims.take(claim('a')), {message: 'a is busy'});
	first();
	t.throws(() => claims.take(claim('a')), {message: 'a is busy'});
	second();
	const alone = claims.take(claim('a'));
	t.throws(() => claims.take(claim('a', true)), {message: 'a is busy'});
	alone();
	t.notThrows(() => claims.take(claim('a', true)));
});

test('all are taken or none', t => {
	const claims = new Claims();
	const release = claims.take(claim('b'));
	t.throws(() => claims.take(claim('a'), claim('b'), claim('c')), {message: 'b is busy'});
	claims.take(claim('a'), claim('c'))();
	release();
	const all = claims.take(claim('a'), claim('b'));
	t.throws(() => claims.take(claim('b')), {message: 'b is busy'});
	all();
	t.notThrows(() => claims.take(claim('a'), claim('b')));
});

test('the error is that of the first claim that is taken, made only then', t => {
	const claims = new Claims();
	claims.take(claim('b'), claim('c'));
	t.throws(() => claims.take({
		key: 'a',
		busy() {
			throw new Error('nobody asked');
		},
	}, claim('c'), claim('b')), {message: 'c is busy'});
});

test('a key is any text', t => {
	const claims = new Claims();
	for (const key of ['__proto__', 'constructor', '', 'image a']) {
		const release = claims.take(claim(key));
		t.throws(() => claims.take(claim(key)));
		release();
		t.notThrows(() => claims.take(claim(key)));
	}
});

test('whatever is taken and released, the rule holds', t => {
	const someClaims = fc.uniqueArray(fc.record({key: fc.constantFrom('a', 'b', 'c'), shared: fc.boolean()}), {minLength: 1, selector: ({key}) => key});
	const step = fc.oneof(someClaims.map(wanted => ({wanted})), fc.nat().map(release => ({release})));
	fc.assert(fc.property(fc.array(step, {maxLength: 40}), steps => {
		const claims = new Claims();
		const held: Array<{release: Release; of: Array<{key: string; shared: boolean}>}> = [];
		for (const step of steps) {
			if ('release' in step) {
				held.splice(step.release % Math.max(held.length, 1), 1)[0]?.release();
				continue;
			}

			const isFree = step.wanted.every(({key, shared}) => held.flatMap(({of}) => of).every(other => other.key !== key || (other.shared && shared)));
			if (isFree) {
				held.push({release: claims.take(...step.wanted.map(({key, shared}) => claim(key, shared))), of: step.wanted});
			} else {
				t.throws(() => claims.take(...step.wanted.map(({key, shared}) => claim(key, shared))));
			}
		}

		t.pass();
	}));
});
