// The bytes of a journal. A segment is a file: a header, and then frames, one for each write that was synced.
//
//     header   8 magic · 4 format version · 36 database id · 8 sequence number of the first commit · 4 CRC-32 of these
//     frame    4 marker · 4 bytes of payload · 8 sequence number of the first commit · 4 number of commits
//              · 4 CRC-32 of the payload · 4 CRC-32 of these · payload, JSON
//
// Numbers are big-endian. The checksums of frames begin with the database's id, so a frame of another database is no frame.
import {crc32} from 'node:zlib';
import type {Image, Vm, Workspace} from '../model.js';

/**
A change as it is journaled: whole records, so that to do it twice is to do it once; what is removed, as it last was. Read
from a journal, a record lacks the fields that are `undefined`: JSON has none.
*/
export type Step =
	| {put: 'image'; record: Image}
	| {put: 'workspace'; record: Workspace}
	| {put: 'vm'; record: Vm}
	| {remove: 'image'; record: Image}
	| {remove: 'workspace'; record: Workspace}
	| {remove: 'vm'; record: Vm};

/** What was done together. */
export type Commit = readonly Step[];

/** A checkpoint that was about to be put in place: by it, damage to the file is told from what another program wrote. */
export type CheckpointNote = {
	/** The number of the last commit in it. */
	sequence: number;
	bytes: number;
	/** CRC-32 of the file. */
	checksum: number;
	/** What SQLite counts up whenever it writes to the file. */
	changeCounter: number;
	/** The number of the last commit of which all that it means for the pool was on disk then; 0 when nothing was known. */
	settled: number;
};

export type Frame = {
	/** The number of the first commit, or of the next one where there is none in it. */
	first: number;
	commits: readonly Commit[];
	checkpoint?: CheckpointNote | undefined;
};

export type Header = {databaseId: string; first: number};

/** What can be read of a segment's frames. */
export type Reading = {
	/** All that are whole, in their order in the file. */
	frames: Frame[];
	/** Bytes from the file's beginning to the first that are no whole frame. */
	goodBytes: number;
	/** Torn: the last frame was never written to its end, as happens when power fails, and none follows it. */
	state: 'whole' | 'torn' | 'damaged';
};

const magic = new Uint8Array([0xF5, ...new TextEncoder().encode('NXREDO'), 0x0A]);
const formatVersion = 1;
const idBytes = 36;
const firstOffset = 12 + idBytes;
export const headerBytes = firstOffset + 8 + 4;

// No byte of it is ever part of a text, and no single bit makes one of them zero.
const marker = 0xF5_FE_FA_FD;
const frameHeaderBytes = 28;

// What a disk writes or does not write as a whole.
const sectorBytes = 512;

/** The header of a segment. */
export function encodeHeader({databaseId, first}: Header): Uint8Array {
	const bytes = new Uint8Array(headerBytes);
	const view = viewOf(bytes);
	bytes.set(magic);
	view.setUint32(8, formatVersion);
	bytes.set(new TextEncoder().encode(databaseId), 12);
	view.setBigUint64(firstOffset, BigInt(first));
	view.setUint32(headerBytes - 4, crc32(bytes.subarray(0, headerBytes - 4)));
	return bytes;
}

/** The header of a segment; 'newer' for one of a later format, `undefined` where there is none that is whole. */
export function decodeHeader(bytes: Uint8Array): Header | 'newer' | undefined {
	if (bytes.length < headerBytes || magic.some((byte, index) => bytes[index] !== byte)) {
		return undefined;
	}

	const view = viewOf(bytes);
	if (view.getUint32(headerBytes - 4) !== crc32(bytes.subarray(0, headerBytes - 4))) {
		return undefined;
	}

	return view.getUint32(8) === formatVersion
		? {databaseId: textOf(bytes.subarray(12, firstOffset)), first: Number(view.getBigUint64(firstOffset))}
		: 'newer';
}

/** A frame, as one piece. */
export function encodeFrame({first, commits, checkpoint}: Frame, databaseId: string): Uint8Array {
	const payload = new TextEncoder().encode(JSON.stringify({commits, checkpoint}));
	const bytes = new Uint8Array(frameHeaderBytes + payload.length);
	const view = viewOf(bytes);
	const seed = crc32(databaseId);
	view.setUint32(0, marker);
	view.setUint32(4, payload.length);
	view.setBigUint64(8, BigInt(first));
	view.setUint32(16, commits.length);
	view.setUint32(20, crc32(payload, seed));
	view.setUint32(24, crc32(bytes.subarray(0, 24), seed));
	bytes.set(payload, frameHeaderBytes);
	return bytes;
}

/** Reads the frames of a segment, which begin behind its header; where that is damaged, they may be anywhere. */
export function decodeFrames(bytes: Uint8Array, databaseId: string, begin = headerBytes): Reading {
	const seed = crc32(databaseId);
	const frames: Frame[] = [];
	let at = begin;
	let firstBad: number | undefined;
	while (at < bytes.length) {
		const found = frameAt(bytes, at, seed);
		if (found) {
			frames.push(found.frame);
			at = found.end;
			continue;
		}

		const next = nextFrame(bytes, at + 1, seed);
		if (next === undefined) {
			const isTorn = firstBad === undefined && isUnfinished(bytes, at, seed);
			return {frames, goodBytes: firstBad ?? at, state: isTorn ? 'torn' : 'damaged'};
		}

		firstBad ??= at;
		at = next;
	}

	return {frames, goodBytes: firstBad ?? at, state: firstBad === undefined ? 'whole' : 'damaged'};
}

function frameAt(bytes: Uint8Array, at: number, seed: number): {frame: Frame; end: number} | undefined {
	const header = frameHeaderAt(bytes, at, seed);
	if (!header || header.end > bytes.length) {
		return undefined;
	}

	const payload = bytes.subarray(at + frameHeaderBytes, header.end);
	if (crc32(payload, seed) !== header.checksum) {
		return undefined;
	}

	// It is what `encodeFrame` wrote: the checksum says so.
	const {commits, checkpoint} = JSON.parse(textOf(payload)) as Omit<Frame, 'first'>;
	return {frame: {first: header.first, commits, checkpoint}, end: header.end};
}

function frameHeaderAt(bytes: Uint8Array, at: number, seed: number): {end: number; first: number; checksum: number} | undefined {
	if (bytes.length - at < frameHeaderBytes) {
		return undefined;
	}

	const view = viewOf(bytes.subarray(at, at + frameHeaderBytes));
	return view.getUint32(0) === marker && view.getUint32(24) === crc32(bytes.subarray(at, at + 24), seed)
		? {end: at + frameHeaderBytes + view.getUint32(4), first: Number(view.getBigUint64(8)), checksum: view.getUint32(20)}
		: undefined;
}

function nextFrame(bytes: Uint8Array, from: number, seed: number): number | undefined {
	const [firstByte] = magic;
	for (let at = bytes.indexOf(firstByte!, from); at !== -1; at = bytes.indexOf(firstByte!, at + 1)) {
		if (frameAt(bytes, at, seed)) {
			return at;
		}
	}

	return undefined;
}

// A write that power cut short left the file too short, or a part of it that never reached the disk, which reads as zeros.
// Whatever else is wrong was written and has changed since.
function isUnfinished(bytes: Uint8Array, at: number, seed: number): boolean {
	const header = frameHeaderAt(bytes, at, seed);
	if (bytes.length - at < frameHeaderBytes || (header && header.end > bytes.length)) {
		return true;
	}

	const end = header?.end ?? bytes.length;
	for (let start = at; start < end;) {
		const sectorEnd = Math.min(end, (Math.floor(start / sectorBytes) + 1) * sectorBytes);
		if (bytes.subarray(start, sectorEnd).every(byte => byte === 0)) {
			return true;
		}

		start = sectorEnd;
	}

	return false;
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
