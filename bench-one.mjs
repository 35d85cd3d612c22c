// bench-one.ts
import { performance } from "node:perf_hooks";
import { existsSync as existsSync2 } from "node:fs";
import { readFile as readFile2 } from "node:fs/promises";
import { crc32 as crc323 } from "node:zlib";

// src/store/open-store.ts
import {
  mkdir,
  readlink,
  realpath,
  rm as rm5
} from "node:fs/promises";
import path6 from "node:path";

// src/errors.ts
import os from "node:os";
var NexusError = class extends Error {
  code;
  constructor(code, message, options) {
    super(message, options);
    this.code = code;
  }
};
var outOfSpace = /* @__PURE__ */ new Set(["ENOSPC", "EDQUOT"]);
function asNexusError(error, what) {
  if (error instanceof NexusError) {
    return error;
  }
  const message = messageOf(error);
  return outOfSpace.has(errnoOf(error)) ? new NexusError("NoSpace", `${what}: no space is left; delete workspaces or grow the pool`, { cause: error }) : new NexusError("Io", `${what}: ${message}`, { cause: error });
}
function errnoOf(error) {
  if (!(error instanceof Error && "code" in error && typeof error.code === "string")) {
    return "";
  }
  return "errno" in error && error.errno === -os.constants.errno.EDQUOT ? "EDQUOT" : error.code;
}
var messageOf = (error) => error instanceof Error ? error.message : String(error);

// src/file-lock.ts
import {
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeSync
} from "node:fs";
import process2 from "node:process";
import koffi from "koffi";
var lockExclusive = 2;
var lockNonBlocking = 4;
var flock = koffi.load("libc.so.6").func("int flock(int fd, int operation)");
function lockFile(file, what) {
  const fd = openLock(file, what);
  if (flock(fd, lockExclusive | lockNonBlocking) !== 0) {
    const owner = readFileSync(fd, "utf8").trim();
    closeSync(fd);
    throw new NexusError("Conflict", `${what} is in use by another nexusd${owner ? ` (process ${owner})` : ""}`);
  }
  ftruncateSync(fd);
  writeSync(fd, `${process2.pid}
`);
  return {
    release() {
      closeSync(fd);
    }
  };
}
function openLock(file, what) {
  try {
    return openSync(file, "a+", 384);
  } catch (error) {
    throw asNexusError(error, `cannot lock ${what}`);
  }
}

// src/files.ts
import { constants } from "node:fs";
import {
  copyFile,
  link,
  lstat,
  open,
  rename,
  rm
} from "node:fs/promises";
import path from "node:path";
async function replaceFile(file, content) {
  const fresh = `${file}.new`;
  try {
    await writeSynced(fresh, content);
    await rename(fresh, file);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
  await syncFolder(path.dirname(file));
}
async function keepCopy(file, label) {
  return underFreeName(file, label, async (copy) => {
    try {
      await copyFile(file, copy, constants.COPYFILE_EXCL);
      await syncFile(copy);
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") {
        await rm(copy, { force: true });
      }
      throw error;
    }
  });
}
async function keepLink(file, label) {
  return underFreeName(file, label, async (name) => {
    try {
      await link(file, name);
    } catch (error) {
      if (errnoOf(error) !== "EEXIST" || !await areSame(file, name)) {
        throw error;
      }
    }
  });
}
async function areSame(...files) {
  const [one, other] = await Promise.all(files.map(async (file) => lstat(file)));
  return one.ino === other.ino && one.dev === other.dev;
}
async function underFreeName(file, label, make) {
  for (let number = 1; ; number++) {
    const copy = `${file}.${label}${number === 1 ? "" : `.${number}`}`;
    try {
      await make(copy);
      return copy;
    } catch (error) {
      if (errnoOf(error) !== "EEXIST") {
        throw error;
      }
    }
  }
}
async function writeSynced(file, content) {
  const handle = await open(file, "w", 384);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
async function syncFile(file) {
  const handle = await open(file, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
var syncFolder = syncFile;
async function isThere(file) {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") {
      return false;
    }
    throw asNexusError(error, `cannot look at ${file}`);
  }
}

// src/store/checkpoint-files.ts
import {
  link as link2,
  rename as rename2,
  rm as rm2
} from "node:fs/promises";
import path2 from "node:path";
import { crc32 } from "node:zlib";
var previousOf = (database) => `${database}.previous`;
var noteOf = (content, sequence) => ({
  sequence,
  bytes: content.length,
  checksum: crc32(content),
  changeCounter: changeCountersIn(content)[0]
});
async function writeCheckpoint(database, content) {
  await writeSynced(freshOf(database), content);
}
async function replaceCheckpoint(database) {
  await keepPrevious(database);
  await placeCheckpoint(database);
}
async function placeCheckpoint(database) {
  await rename2(freshOf(database), database);
  await syncFolder(path2.dirname(database));
}
async function dropCheckpoint(database) {
  await rm2(freshOf(database), { force: true });
}
function compare(content, note) {
  if (content.length === note.bytes && crc32(content) === note.checksum) {
    return "same";
  }
  const [counter, again] = changeCountersIn(content);
  return counter === note.changeCounter || again === note.changeCounter && counter !== again ? "damaged" : "other";
}
var freshOf = (database) => `${database}.new`;
async function keepPrevious(database) {
  const second = `${previousOf(database)}.new`;
  await rm2(second, { force: true });
  try {
    await link2(database, second);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") {
      return;
    }
    throw error;
  }
  await rename2(second, previousOf(database));
  await rm2(second, { force: true });
}
function changeCountersIn(content) {
  if (content.length < 100) {
    return [-1, -1];
  }
  const header = new DataView(content.buffer, content.byteOffset, content.byteLength);
  return [header.getUint32(24), header.getUint32(92)];
}

// src/store/checkpointer.ts
var idleTime = 5e3;
var longestPause = 5 * 60 * 1e3;
var fewBytes = 1024 * 1024;
var Checkpointer = class {
  #database;
  #journal;
  #exportRecords;
  #log;
  #settle;
  #present;
  /** How far the journal was when the present one was made. */
  #bytesBefore = 0;
  #timer;
  #running;
  /** After a failure: the pause, and when it is over. */
  #pause = 0;
  #pauseEnd = 0;
  #isClosing = false;
  constructor({ database, journal, exportRecords, present, log }) {
    this.#database = database;
    this.#journal = journal;
    this.#exportRecords = exportRecords;
    this.#present = present;
    this.#log = log;
    this.schedule();
  }
  /** Sets what has to be settled first; until then old segments are kept. */
  onCheckpoint(settle) {
    this.#settle = settle;
  }
  /** To be called when the journal has grown. */
  schedule() {
    if (!this.#isNeeded || this.#running !== void 0 || this.#isClosing) {
      return;
    }
    const isGrown = this.#journal.bytes - this.#bytesBefore > Math.max(fewBytes, this.#present.bytes);
    const pause = Math.max(isGrown ? 0 : idleTime, this.#pauseEnd - Date.now());
    clearTimeout(this.#timer);
    if (pause > 0) {
      this.#timer = setTimeout(() => {
        this.#run();
      }, pause).unref();
    } else {
      this.#run();
    }
  }
  /** Makes the last one, if there is something new. */
  async close() {
    this.#isClosing = true;
    clearTimeout(this.#timer);
    await this.#running;
    if (this.#isNeeded) {
      await this.#try();
    }
  }
  get #isNeeded() {
    return this.#journal.sequence !== this.#present.sequence;
  }
  #run() {
    this.#running = (async () => {
      await this.#try();
      this.#running = void 0;
      this.schedule();
    })();
  }
  // A failure is told once, and so is its end.
  async #try() {
    try {
      await this.#make();
    } catch (error) {
      await dropCheckpoint(this.#database).catch(() => void 0);
      if (this.#pause === 0) {
        this.#log("warning", `cannot write the database ${this.#database}: ${messageOf(error)}. Nothing is lost, it is all in the journal; nexusd tries again.`);
      }
      this.#pause = Math.min(longestPause, Math.max(idleTime, this.#pause * 2));
      this.#pauseEnd = Date.now() + this.#pause;
      return;
    }
    if (this.#pause > 0) {
      this.#log("notice", `the database ${this.#database} can be written again`);
      this.#pause = 0;
      this.#pauseEnd = 0;
    }
  }
  async #make() {
    const settle = this.#settle;
    await settle?.();
    await this.#journal.beginSegment();
    const bytesBefore = this.#journal.bytes;
    const { sequence } = this.#journal;
    const content = this.#exportRecords(sequence);
    const work = [this.#journal.note(noteOf(content, sequence)), writeCheckpoint(this.#database, content)];
    await Promise.allSettled(work);
    await Promise.all(work);
    await replaceCheckpoint(this.#database);
    const previous = this.#present.sequence;
    this.#present = { sequence, bytes: content.length };
    this.#bytesBefore = bytesBefore;
    if (settle) {
      await this.#journal.forget(previous);
    }
  }
};

// src/store/journal.ts
import { rm as rm4 } from "node:fs/promises";
import path4 from "node:path";

// src/store/journal-format.ts
import { crc32 as crc322 } from "node:zlib";
var magic = new Uint8Array([245, ...new TextEncoder().encode("NXREDO"), 10]);
var formatVersion = 1;
var idBytes = 36;
var firstOffset = 12 + idBytes;
var headerBytes = firstOffset + 8 + 4;
var marker = 4127128317;
var frameHeaderBytes = 28;
var sectorBytes = 512;
function encodeHeader({ databaseId, first }) {
  const bytes = new Uint8Array(headerBytes);
  const view = viewOf(bytes);
  bytes.set(magic);
  view.setUint32(8, formatVersion);
  bytes.set(new TextEncoder().encode(databaseId), 12);
  view.setBigUint64(firstOffset, BigInt(first));
  view.setUint32(headerBytes - 4, crc322(bytes.subarray(0, headerBytes - 4)));
  return bytes;
}
function decodeHeader(bytes) {
  if (bytes.length < headerBytes || magic.some((byte, index) => bytes[index] !== byte)) {
    return void 0;
  }
  const view = viewOf(bytes);
  if (view.getUint32(headerBytes - 4) !== crc322(bytes.subarray(0, headerBytes - 4))) {
    return void 0;
  }
  return view.getUint32(8) === formatVersion ? { databaseId: textOf(bytes.subarray(12, firstOffset)), first: Number(view.getBigUint64(firstOffset)) } : "newer";
}
function encodeFrame({ first, commits, checkpoint }, databaseId) {
  const payload = new TextEncoder().encode(JSON.stringify({ commits, checkpoint }));
  const bytes = new Uint8Array(frameHeaderBytes + payload.length);
  const view = viewOf(bytes);
  const seed = crc322(databaseId);
  view.setUint32(0, marker);
  view.setUint32(4, payload.length);
  view.setBigUint64(8, BigInt(first));
  view.setUint32(16, commits.length);
  view.setUint32(20, crc322(payload, seed));
  view.setUint32(24, crc322(bytes.subarray(0, 24), seed));
  bytes.set(payload, frameHeaderBytes);
  return bytes;
}
function decodeFrames(bytes, databaseId, begin = headerBytes) {
  const seed = crc322(databaseId);
  const frames = [];
  let at = begin;
  let firstBad;
  while (at < bytes.length) {
    const found = frameAt(bytes, at, seed);
    if (found) {
      frames.push(found.frame);
      at = found.end;
      continue;
    }
    const next = nextFrame(bytes, at + 1, seed);
    if (next === void 0) {
      const isTorn = firstBad === void 0 && isUnfinished(bytes, at, seed);
      return { frames, goodBytes: firstBad ?? at, state: isTorn ? "torn" : "damaged" };
    }
    firstBad ??= at;
    at = next;
  }
  return { frames, goodBytes: firstBad ?? at, state: firstBad === void 0 ? "whole" : "damaged" };
}
function frameAt(bytes, at, seed) {
  const header = frameHeaderAt(bytes, at, seed);
  if (!header || header.end > bytes.length) {
    return void 0;
  }
  const payload = bytes.subarray(at + frameHeaderBytes, header.end);
  if (crc322(payload, seed) !== header.checksum) {
    return void 0;
  }
  const { commits, checkpoint } = JSON.parse(textOf(payload));
  return { frame: { first: header.first, commits, checkpoint }, end: header.end };
}
function frameHeaderAt(bytes, at, seed) {
  if (bytes.length - at < frameHeaderBytes) {
    return void 0;
  }
  const view = viewOf(bytes.subarray(at, at + frameHeaderBytes));
  return view.getUint32(0) === marker && view.getUint32(24) === crc322(bytes.subarray(at, at + 24), seed) ? { end: at + frameHeaderBytes + view.getUint32(4), first: Number(view.getBigUint64(8)), checksum: view.getUint32(20) } : void 0;
}
function nextFrame(bytes, from, seed) {
  const [firstByte] = magic;
  for (let at = bytes.indexOf(firstByte, from); at !== -1; at = bytes.indexOf(firstByte, at + 1)) {
    if (frameAt(bytes, at, seed)) {
      return at;
    }
  }
  return void 0;
}
function isUnfinished(bytes, at, seed) {
  const header = frameHeaderAt(bytes, at, seed);
  if (bytes.length - at < frameHeaderBytes || header && header.end > bytes.length) {
    return true;
  }
  const end = header?.end ?? bytes.length;
  for (let start = at; start < end; ) {
    const sectorEnd = Math.min(end, (Math.floor(start / sectorBytes) + 1) * sectorBytes);
    if (bytes.subarray(start, sectorEnd).every((byte) => byte === 0)) {
      return true;
    }
    start = sectorEnd;
  }
  return false;
}
var viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
var textOf = (bytes) => new TextDecoder().decode(bytes);

// src/store/segment.ts
import {
  open as open2,
  rename as rename3,
  rm as rm3
} from "node:fs/promises";
import path3 from "node:path";
var segmentName = (database, first) => `${database}.redo.${String(first).padStart(16, "0")}`;
var Segment = class {
  file;
  /** The number of the first commit that it is for. */
  first;
  #handle;
  #goodBytes;
  #isGood = true;
  /** For `createSegment` and `continueSegment`. */
  constructor(file, first, handle, goodBytes) {
    this.file = file;
    this.first = first;
    this.#handle = handle;
    this.#goodBytes = goodBytes;
  }
  /** Appends bytes and waits until they are on disk. */
  async append(bytes) {
    await this.repair();
    try {
      for (let written = 0; written < bytes.length; ) {
        const { bytesWritten } = await this.#handle.write(bytes, written, bytes.length - written, this.#goodBytes + written);
        written += bytesWritten;
      }
      await this.#handle.datasync();
    } catch (error) {
      this.#isGood = false;
      throw error;
    }
    this.#goodBytes += bytes.length;
  }
  /** Cuts off what a failed write left. */
  async repair() {
    if (!this.#isGood) {
      await this.#handle.truncate(this.#goodBytes);
      await this.#handle.sync();
      this.#isGood = true;
    }
  }
  async close() {
    await this.#handle.close();
  }
};
async function createSegment(database, header) {
  const fresh = `${database}.redo.new`;
  const file = segmentName(database, header.first);
  const handle = await open2(fresh, "w", 384);
  try {
    await handle.writeFile(encodeHeader(header));
    await handle.sync();
    await rename3(fresh, file);
    await syncFolder(path3.dirname(file));
    return new Segment(file, header.first, handle, headerBytes);
  } catch (error) {
    await handle.close();
    await rm3(fresh, { force: true });
    await rm3(file, { force: true });
    throw error;
  }
}
async function continueSegment(file, first, goodBytes) {
  const handle = await open2(file, "r+");
  try {
    const { size } = await handle.stat();
    if (size > goodBytes) {
      await handle.truncate(goodBytes);
      await handle.sync();
    }
    return new Segment(file, first, handle, goodBytes);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

// src/store/journal.ts
var Journal = class {
  /** Bytes that were appended since the start. */
  bytes = 0;
  #database;
  #databaseId;
  #segment;
  #older;
  /** The number of the last commit that was taken, and of the last that is on disk. */
  #sequence;
  #durable;
  /** Taken and not yet in a frame. */
  #waiting = [];
  /** The end of what is being done to the files. */
  #turn = Promise.resolve();
  constructor({ database, databaseId, sequence, segment, older }) {
    this.#database = database;
    this.#databaseId = databaseId;
    this.#sequence = sequence;
    this.#durable = sequence;
    this.#segment = segment;
    this.#older = older;
  }
  /** The number of the last commit that was taken, whether it is on disk yet or not. */
  get sequence() {
    return this.#sequence;
  }
  /**
  	Takes a commit; resolves when it is on disk. When it cannot be written, it is undone, and so is everything that was taken
  	after it, the last first.
  
  	@throws NexusError NoSpace, Io
  	*/
  async append(commit, undo) {
    this.#sequence++;
    return this.#enter({ commit, undo });
  }
  /** Notes a checkpoint behind everything that was taken; when this resolves, all of it is on disk. */
  async note(checkpoint) {
    return this.#enter({ checkpoint });
  }
  /** Continues in a new file, unless the present one has no commits yet. */
  async beginSegment() {
    return this.#inTurn(async () => {
      const first = this.#durable + 1;
      if (first > this.#segment.first) {
        await this.#segment.repair();
        const next = await createSegment(this.#database, { databaseId: this.#databaseId, first });
        const { file, first: firstOfOld } = this.#segment;
        this.#older = [...this.#older, { file, first: firstOfOld }];
        await this.#segment.close();
        this.#segment = next;
      }
    });
  }
  /** Removes the files in which there is nothing after a commit. */
  async forget(sequence) {
    return this.#inTurn(async () => {
      const all = [...this.#older, this.#segment];
      const isNeeded = this.#older.map((_, index) => all[index + 1].first - 1 > sequence);
      for (const { file } of this.#older.filter((_, index) => !isNeeded[index])) {
        await rm4(file, { force: true });
      }
      this.#older = this.#older.filter((_, index) => isNeeded[index]);
      await syncFolder(path4.dirname(this.#database));
    });
  }
  /** Waits for everything that was taken. */
  async settled() {
    return this.#inTurn(async () => void 0);
  }
  async close() {
    return this.#inTurn(async () => this.#segment.close());
  }
  async #enter(entry) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ...entry, resolve, reject });
      if (this.#waiting.length === 1) {
        void this.#inTurn(async () => this.#writeWaiting());
      }
    });
  }
  async #writeWaiting() {
    const batch = this.#waiting;
    this.#waiting = [];
    const commits = batch.flatMap(({ commit }) => commit ? [commit] : []);
    const checkpoint = batch.findLast((entry) => entry.checkpoint)?.checkpoint;
    if (batch.length === 0) {
      return;
    }
    try {
      const frame = encodeFrame({ first: this.#durable + 1, commits, checkpoint }, this.#databaseId);
      await this.#segment.append(frame);
      this.bytes += frame.length;
      this.#durable += commits.length;
    } catch (error) {
      await this.#lose(batch, error);
      return;
    }
    for (const { resolve } of batch) {
      resolve();
    }
  }
  // What was taken meanwhile was built on what is lost now. All is undone in this turn of the event loop: whoever comes
  // next builds on what is on disk.
  async #lose(batch, error) {
    const lost = [...batch, ...this.#waiting];
    this.#waiting = [];
    for (const { undo } of [...lost].reverse()) {
      undo?.();
    }
    this.#sequence = this.#durable;
    try {
      await this.#segment.repair();
    } catch {
    }
    for (const { reject } of lost) {
      reject(asNexusError(error, `cannot write the journal of the database ${this.#database}`));
    }
  }
  async #inTurn(work) {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => void 0);
    return result;
  }
};

// src/store/by-name.ts
var ByName = class {
  #records;
  /** Begins with records that are in order. */
  constructor(records = []) {
    this.#records = records;
  }
  get size() {
    return this.#records.length;
  }
  all() {
    return [...this.#records];
  }
  /** Up to `limit` records, from the one after a name, which need not be there. */
  after(name, limit) {
    const place = this.#placeOf(name);
    const start = this.#records[place]?.name === name ? place + 1 : place;
    return this.#records.slice(start, start + limit);
  }
  /** Puts a record in its place, or in that of the one with its name. */
  put(record) {
    const place = this.#placeOf(record.name);
    this.#records.splice(place, this.#records[place]?.name === record.name ? 1 : 0, record);
  }
  delete(name) {
    const place = this.#placeOf(name);
    if (this.#records[place]?.name === name) {
      this.#records.splice(place, 1);
    }
  }
  // Where a name is or would be.
  #placeOf(name) {
    let low = 0;
    let high = this.#records.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.#records[middle].name < name) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
};

// src/store/records.ts
var RecordsInMemory = class {
  images;
  workspaces;
  vms;
  #byImage;
  #byVm;
  #byParent;
  #cids = new Cids();
  /** Takes frozen records, each kind in the order of their names. */
  constructor({ image: image2, workspace: workspace2, vm }) {
    this.images = new Kind(image2);
    this.workspaces = new Kind(workspace2);
    this.vms = new Kind(vm);
    this.#byImage = new Index(workspace2, ({ masterImageId }) => masterImageId);
    this.#byVm = new Index(workspace2, ({ vmId }) => vmId);
    this.#byParent = new Index(workspace2, ({ parentWorkspaceId }) => parentWorkspaceId);
    for (const { cid } of vm) {
      this.#cids.replace(void 0, cid);
    }
  }
  /** Workspaces of an image or of a VM. */
  of(key) {
    return "imageId" in key ? this.#byImage.get(key.imageId) : this.#byVm.get(key.vmId);
  }
  /** How many workspaces each image has, for those that have some. */
  workspaceCounts() {
    return this.#byImage.sizes();
  }
  freeCid() {
    return this.#cids.lowestFree;
  }
  /** Puts a frozen record in the place of the one with its id. */
  put(kind, record) {
    const effect = effectOf(kind, this.#of(kind).get(record.id), record);
    this.#do(effect);
    return [effect];
  }
  /** Removes a record, and what others say of it, as the schema does; the removal itself is the last of the effects, if it was there. */
  remove(kind, id) {
    const before = this.#of(kind).get(id);
    if (!before) {
      return [];
    }
    const effects = [...this.#release(kind, id), effectOf(kind, before, void 0)];
    for (const effect of effects) {
      this.#do(effect);
    }
    return effects;
  }
  /** Does the contrary of effects, the last first; returns them as effects. */
  undo(effects) {
    const contrary = [...effects].reverse().map(({ kind, before, after }) => effectOf(kind, after, before));
    for (const effect of contrary) {
      this.#do(effect);
    }
    return contrary;
  }
  // Those that point to what goes point to nothing then.
  #release(kind, id) {
    if (kind === "image") {
      return [];
    }
    const pointing = (kind === "vm" ? this.#byVm : this.#byParent).get(id).all().filter((workspace2) => workspace2.id !== id);
    const field = kind === "vm" ? "vmId" : "parentWorkspaceId";
    return pointing.map((before) => ({ kind: "workspace", before, after: Object.freeze({ ...before, [field]: void 0 }) }));
  }
  #do({ kind, before, after }) {
    this.#of(kind).replace(before, after);
    if (kind === "workspace") {
      for (const index of [this.#byImage, this.#byVm, this.#byParent]) {
        index.replace(before, after);
      }
    } else if (kind === "vm") {
      this.#cids.replace(before?.cid, after?.cid);
    }
  }
  #of(kind) {
    return { image: this.images, workspace: this.workspaces, vm: this.vms }[kind];
  }
};
function effectOf(kind, before, after) {
  const effect = { kind, before, after };
  return effect;
}
var Kind = class {
  inOrder;
  #byId;
  #byName;
  constructor(inOrder) {
    this.inOrder = new ByName(inOrder);
    this.#byId = new Map(inOrder.map((record) => [record.id, record]));
    this.#byName = new Map(inOrder.map((record) => [record.name, record]));
  }
  get size() {
    return this.#byId.size;
  }
  get(id) {
    return this.#byId.get(id);
  }
  lookUp(idOrName) {
    return this.#byId.get(idOrName) ?? this.#byName.get(idOrName);
  }
  has(name) {
    return this.#byName.has(name);
  }
  replace(before, after) {
    if (before && before.name !== after?.name) {
      this.#byName.delete(before.name);
      this.inOrder.delete(before.name);
    }
    if (after) {
      this.#byId.set(after.id, after);
      this.#byName.set(after.name, after);
      this.inOrder.put(after);
    } else if (before) {
      this.#byId.delete(before.id);
    }
  }
};
var Index = class {
  #keyOf;
  #lists;
  constructor(inOrder, keyOf) {
    this.#keyOf = keyOf;
    const lists = /* @__PURE__ */ new Map();
    for (const workspace2 of inOrder) {
      const key = keyOf(workspace2);
      if (key !== void 0) {
        const list = lists.get(key) ?? [];
        list.push(workspace2);
        lists.set(key, list);
      }
    }
    this.#lists = new Map([...lists].map(([key, list]) => [key, new ByName(list)]));
  }
  get(key) {
    return this.#lists.get(key) ?? new ByName();
  }
  sizes() {
    return new Map([...this.#lists].map(([key, { size }]) => [key, size]));
  }
  replace(before, after) {
    const [from, to] = [before, after].map((workspace2) => workspace2 && this.#keyOf(workspace2));
    if (before && from !== void 0 && (from !== to || before.name !== after?.name)) {
      const list = this.#lists.get(from);
      list.delete(before.name);
      if (list.size === 0) {
        this.#lists.delete(from);
      }
    }
    if (after && to !== void 0) {
      const list = this.get(to);
      list.put(after);
      this.#lists.set(to, list);
    }
  }
};
var Cids = class {
  lowestFree = 3;
  #taken = /* @__PURE__ */ new Set();
  replace(before, after) {
    if (before !== void 0 && before !== after) {
      this.#taken.delete(before);
      this.lowestFree = before >= 3 ? Math.min(this.lowestFree, before) : this.lowestFree;
    }
    if (after !== void 0) {
      this.#taken.add(after);
      while (this.#taken.has(this.lowestFree)) {
        this.lowestFree++;
      }
    }
  }
};

// src/store/rows.ts
var sqlNull = null;
var tables = {
  image: { table: "master_images", columns: ["id", "name", "subvolume_path", "size_bytes", "created_at"] },
  workspace: {
    table: "workspaces",
    columns: [
      "id",
      "name",
      "vm_id",
      "subvolume_path",
      "master_image_id",
      "parent_workspace_id",
      "size_bytes",
      "is_root_device",
      "is_read_only",
      "attached_at",
      "detached_at",
      "created_at",
      "owner_uid"
    ]
  },
  vm: {
    table: "vms",
    columns: [
      "id",
      "name",
      "role",
      "state",
      "cid",
      "vcpu_count",
      "mem_size_mib",
      "config_json",
      "pid",
      "socket_path",
      "uds_path",
      "console_log_path",
      "created_at",
      "updated_at",
      "started_at",
      "stopped_at"
    ]
  }
};
var settingsTable = { table: "settings", columns: ["key", "value", "type"] };
var fieldOf = (column) => column.replaceAll(/_(\w)/g, (_, letter) => letter.toUpperCase());
var fields = Object.fromEntries(Object.entries(tables).map(([kind, { columns }]) => [kind, columns.map((column) => fieldOf(column))]));
function toRow(kind, record) {
  const values = record;
  return fields[kind].map((field) => {
    const value = values[field];
    return typeof value === "boolean" ? Number(value) : value ?? sqlNull;
  });
}
var makers = {
  image: (row) => ({
    id: row[0],
    name: row[1],
    subvolumePath: row[2],
    sizeBytes: row[3],
    createdAt: row[4]
  }),
  workspace: (row) => ({
    id: row[0],
    name: row[1],
    vmId: row[2] ?? void 0,
    subvolumePath: row[3],
    masterImageId: row[4],
    parentWorkspaceId: row[5] ?? void 0,
    sizeBytes: row[6],
    isRootDevice: row[7] === 1,
    isReadOnly: row[8] === 1,
    attachedAt: row[9] ?? void 0,
    detachedAt: row[10] ?? void 0,
    createdAt: row[11],
    ownerUid: row[12]
  }),
  vm: (row) => ({
    id: row[0],
    name: row[1],
    role: row[2],
    state: row[3],
    cid: row[4],
    vcpuCount: row[5],
    memSizeMib: row[6],
    configJson: row[7] ?? void 0,
    pid: row[8] ?? void 0,
    socketPath: row[9] ?? void 0,
    udsPath: row[10] ?? void 0,
    consoleLogPath: row[11] ?? void 0,
    createdAt: row[12],
    updatedAt: row[13],
    startedAt: row[14] ?? void 0,
    stoppedAt: row[15] ?? void 0
  })
};
function fromRow(kind, row) {
  const record = makers[kind](row);
  Object.freeze(record);
  return record;
}
var copyOf = (kind, record) => fromRow(kind, toRow(kind, record));
function upsert(kind) {
  const { table, columns } = tables[kind];
  const updates = columns.filter((column) => column !== "id").map((column) => `${column} = excluded.${column}`);
  return `INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")}) ON CONFLICT (id) DO UPDATE SET ${updates.join(", ")}`;
}

// src/store/schema.ts
var schemaVersion = 5;
var metaAndSettings = `
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
var vms = `
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
var imagesAndWorkspaces = `
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
var setVersion = (version) => `INSERT OR REPLACE INTO schema_meta (key, value) VALUES ('schema_version', '${version}');`;
var migrations = {
  2: `${imagesAndWorkspaces}${setVersion(3)}`,
  // What is there already was made by root.
  3: `ALTER TABLE workspaces ADD COLUMN owner_uid INTEGER NOT NULL DEFAULT 0;${setVersion(4)}`,
  // The tables stay. From here on there is a journal beside the database, and the pool knows more about its disks.
  4: setVersion(5)
};
var createSchema = `${metaAndSettings}${vms}${Object.values(migrations).join("")}`;

// src/store/journaled-store.ts
var JournaledStore = class {
  schemaVersion = schemaVersion;
  migratedFrom;
  inDoubt;
  mishaps;
  #records;
  #database;
  #journal;
  #checkpointer;
  #lock;
  #tableCount;
  constructor({ database, journal, checkpointer, lock }, { migratedFrom, inDoubt, mishaps }) {
    this.migratedFrom = migratedFrom;
    this.inDoubt = inDoubt;
    this.mishaps = mishaps;
    this.#database = database;
    this.#journal = journal;
    this.#checkpointer = checkpointer;
    this.#lock = lock;
    this.#tableCount = database.tableCount();
    this.#records = new RecordsInMemory({ image: database.all("image"), workspace: database.all("workspace"), vm: database.all("vm") });
  }
  images() {
    return this.#records.images.inOrder.all();
  }
  image(idOrName) {
    return this.#records.images.lookUp(idOrName);
  }
  workspaceCounts() {
    return this.#records.workspaceCounts();
  }
  workspaceCount(imageId) {
    return this.#records.of({ imageId }).size;
  }
  workspaces(of) {
    return (of ? this.#records.of(of) : this.#records.workspaces.inOrder).all();
  }
  workspacesAfter(name, limit, imageId) {
    return (imageId === void 0 ? this.#records.workspaces.inOrder : this.#records.of({ imageId })).after(name, limit);
  }
  workspace(idOrName) {
    return this.#records.workspaces.lookUp(idOrName);
  }
  holderOf(name) {
    if (this.#records.images.has(name)) {
      return "image";
    }
    return this.#records.workspaces.has(name) ? "workspace" : void 0;
  }
  vms() {
    return this.#records.vms.inOrder.all();
  }
  vmsAfter(name, limit) {
    return this.#records.vms.inOrder.after(name, limit);
  }
  vm(idOrName) {
    return this.#records.vms.lookUp(idOrName);
  }
  isVmName(name) {
    return this.#records.vms.has(name);
  }
  freeCid() {
    return this.#records.freeCid();
  }
  tableCount() {
    return this.#tableCount;
  }
  counts() {
    const { images, workspaces, vms: vms2 } = this.#records;
    return { images: images.size, workspaces: workspaces.size, vms: vms2.size };
  }
  async commit(...changes) {
    this.#enforce(changes);
    const steps = [];
    const effects = [];
    for (const change of changes) {
      const done = "put" in change ? this.#records.put(change.put, copyOf(change.put, change.record)) : this.#records.remove(change.remove, change.id);
      effects.push(...done);
      steps.push(...done.slice(-1).map((effect) => stepOf(effect)));
    }
    await this.#journal.append(steps, () => {
      this.#undo(effects);
    });
    this.#checkpointer.schedule();
  }
  onCheckpoint(settle) {
    this.#checkpointer.onCheckpoint(settle);
  }
  async close() {
    try {
      await this.#journal.settled();
      await this.#checkpointer.close();
      await this.#journal.close();
    } finally {
      this.#database.close();
      this.#lock.release();
    }
  }
  // SQLite says whether it may be.
  #enforce(changes) {
    try {
      this.#database.transaction(() => {
        for (const change of changes) {
          if ("put" in change) {
            this.#database.put(change.put, change.record);
          } else {
            this.#database.remove(change.remove, change.id);
          }
        }
      });
    } catch (error) {
      throw new NexusError("Conflict", `the change contradicts the records: ${messageOf(error)}`, { cause: error });
    }
  }
  #undo(effects) {
    const undone = this.#records.undo(effects);
    this.#database.transaction(() => {
      for (const { kind, before, after } of undone) {
        if (after) {
          this.#database.put(kind, after);
        } else {
          this.#database.remove(kind, before.id);
        }
      }
    });
  }
};
function stepOf({ kind, before, after }) {
  const step = after ? { put: kind, record: after } : { remove: kind, record: before };
  return step;
}

// src/store/load-sqlite.ts
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import initSqlJs from "sql.js";
async function loadSqlite() {
  const bundled = fileURLToPath(new URL("sql-wasm.wasm", import.meta.url));
  const file = existsSync(bundled) ? bundled : createRequire(import.meta.url).resolve("sql.js/dist/sql-wasm.wasm");
  return initSqlJs({ locateFile: () => file });
}

// src/store/recover-records.ts
import { randomUUID } from "node:crypto";

// src/store/database.ts
var pragmas = "PRAGMA foreign_keys = ON; PRAGMA journal_mode = MEMORY";
var RecordDatabase = class {
  #database;
  #statements = /* @__PURE__ */ new Map();
  /**
  	Loads the content of a file, or makes a new database.
  
  	@throws Error of SQLite's when that is no database.
  	*/
  constructor(sqlite, content) {
    this.#database = new sqlite.Database(content);
    this.#database.exec(content ? pragmas : `${pragmas};${createSchema}`);
  }
  /** The schema version; `undefined` when this is no database of Nexus's. */
  version() {
    try {
      const version = Number(this.meta("schema_version"));
      return Number.isInteger(version) && version > 0 ? version : void 0;
    } catch {
      return void 0;
    }
  }
  /** What `schema_meta` has under a key. */
  meta(key) {
    const [value] = this.#rows("SELECT value FROM schema_meta WHERE key = ?", [key]).flat();
    return value;
  }
  setMeta(key, value) {
    this.#statement("INSERT OR REPLACE INTO schema_meta (key, value) VALUES (?, ?)").run([key, value]);
  }
  /** What is wrong with the file itself, of any version, in a few words. */
  damage() {
    const [[found]] = this.#rows("PRAGMA integrity_check(1)", []);
    return found === "ok" ? void 0 : found;
  }
  /** Which reference leads nowhere, in a few words. */
  contradiction() {
    const [stray] = this.#rows("PRAGMA foreign_key_check", []);
    return stray && `${String(stray[0])} refers to ${String(stray[2])} that are not there`;
  }
  /**
  	Brings an older version to the present one.
  
  	@throws Error that says why not, beginning in the middle of a sentence.
  	*/
  migrate() {
    for (let version = this.version(); version < schemaVersion; version++) {
      try {
        this.transaction(() => {
          this.#database.exec(migrations[version]);
        });
      } catch (error) {
        throw new Error(`it cannot be brought from schema version ${version} to ${version + 1} (${messageOf(error)})`, { cause: error });
      }
    }
    try {
      for (const { table, columns } of [...Object.values(tables), settingsTable]) {
        this.#rows(`SELECT ${columns.join(", ")} FROM ${table} LIMIT 0`, []);
      }
    } catch (error) {
      throw new Error(`it is not what its schema version says (${messageOf(error)})`, { cause: error });
    }
  }
  tableCount() {
    const [[count]] = this.#rows("SELECT count(*) FROM sqlite_schema WHERE type = 'table'", []);
    return count;
  }
  /** All records of a kind, frozen, by name. */
  all(kind) {
    const { table, columns } = tables[kind];
    const [[rows]] = this.#rows(`SELECT json_group_array(json_array(${columns.join(", ")})) FROM ${table}`, []);
    const records = JSON.parse(rows).map((row) => fromRow(kind, row));
    return records.sort((one, other) => one.name < other.name ? -1 : 1);
  }
  /** Does all of the work, or none when it throws. */
  transaction(work) {
    this.#database.exec("BEGIN");
    try {
      work();
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }
  put(kind, record) {
    this.#statement(upsert(kind)).run(toRow(kind, record));
  }
  remove(kind, id) {
    this.#statement(`DELETE FROM ${tables[kind].table} WHERE id = ?`).run([id]);
  }
  /** The content of a file. */
  export() {
    this.#statements.clear();
    const content = this.#database.export();
    this.#database.exec(pragmas);
    return content;
  }
  close() {
    this.#statements.clear();
    this.#database.close();
  }
  #rows(sql, values) {
    const statement = this.#statement(sql);
    const rows = [];
    statement.bind(values);
    while (statement.step()) {
      rows.push(statement.get());
    }
    statement.reset();
    return rows;
  }
  #statement(sql) {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
};

// src/store/examine.ts
import { readFile, readdir } from "node:fs/promises";
import path5 from "node:path";
async function readAll(database) {
  const folder = path5.dirname(database);
  const prefix = `${path5.basename(database)}.redo.`;
  try {
    const names = await readdir(folder);
    const segments = names.filter((name) => name.startsWith(prefix) && /^\d{16}$/.test(name.slice(prefix.length))).sort();
    const files = [database, previousOf(database), ...segments.map((name) => path5.join(folder, name))];
    const found = await Promise.all(files.map(async (file) => ({ file, content: await readIfPresent(file) })));
    return found.filter((file) => file.content !== void 0);
  } catch (error) {
    throw asNexusError(error, `cannot read the database ${database}`);
  }
}
async function readIfPresent(file) {
  try {
    return await readFile(file);
  } catch (error) {
    if (errnoOf(error) === "ENOENT") {
      return void 0;
    }
    throw error;
  }
}
var isSqlite = ({ content }) => new TextDecoder("latin1").decode(content.subarray(0, 16)) === "SQLite format 3\0";
function readSegment({ file, content }) {
  const header = decodeHeader(content);
  if (header === "newer") {
    throw new NexusError("Unsupported", `the journal ${file} is from a newer nexusd: upgrade nexusd. The file is untouched.`);
  }
  return header && { file, header, reading: decodeFrames(content, header.databaseId) };
}
function examineCheckpoint(sqlite, { file, content }, notes, mayRefuse) {
  const load2 = () => new RecordDatabase(sqlite, content);
  const note = notes.find((note2) => compare(content, note2) === "same");
  if (note) {
    return {
      file,
      bytes: content.length,
      databaseId: note.databaseId,
      sequence: note.sequence,
      isProven: true,
      load: load2
    };
  }
  if (notes.some((note2) => compare(content, note2) === "damaged")) {
    return { file, why: "is damaged (it is not what was written)" };
  }
  if (isCutShort(content)) {
    return { file, why: "is damaged (it is cut short)" };
  }
  let database;
  try {
    database = load2();
    const problem = database.damage();
    if (problem) {
      return { file, why: `is damaged (${problem})` };
    }
    refuseOthers(database, file);
    const contradiction = database.contradiction();
    return contradiction ? { file, why: `contradicts itself (${contradiction})` } : {
      file,
      bytes: content.length,
      databaseId: database.meta("database_id"),
      sequence: sequenceOf(database),
      isProven: false,
      load: load2
    };
  } catch (error) {
    if (mayRefuse && error instanceof NexusError) {
      throw error;
    }
    return { file, why: `cannot be read (${messageOf(error)})` };
  } finally {
    database?.close();
  }
}
var refusal = (file, why, cause) => new NexusError("Unsupported", `the database ${file} cannot be used: ${why}. The file is untouched; move it away or name another in storage.database.`, { cause });
function refuseOthers(database, file) {
  const version = database.version();
  if (version === void 0) {
    throw refusal(file, "it is no database of Nexus's");
  }
  if (version > schemaVersion) {
    throw new NexusError("Unsupported", `the database ${file} has schema version ${version}, and this nexusd knows up to ${schemaVersion}: upgrade nexusd. The file is untouched.`);
  }
  if (version < schemaVersion && !migrations[version]) {
    throw new NexusError("Unsupported", `the database ${file} has schema version ${version}, which this nexusd cannot bring up to date; use an older one first`);
  }
}
function sequenceOf(database) {
  const sequence = Number(database.meta("sequence") ?? 0);
  return Number.isSafeInteger(sequence) && sequence >= 0 ? sequence : 0;
}
function isCutShort(content) {
  if (content.length < 100) {
    return true;
  }
  const header = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const pageBytes = header.getUint16(16);
  return content.length < header.getUint32(28) * (pageBytes === 1 ? 65536 : pageBytes);
}

// src/store/replay.ts
function replay(database, from, frames, known) {
  const commits = frames.flatMap(({ first, commits: commits2 }) => commits2.map((commit, index) => [first + index, commit])).sort(([one], [other]) => one - other);
  const missing = [];
  const failed = [];
  let sequence = from;
  const reach = (number) => {
    if (number > sequence + 1) {
      missing.push(number === sequence + 2 ? String(sequence + 1) : `${sequence + 1} to ${number - 1}`);
    }
    sequence = Math.max(sequence, number);
  };
  database.transaction(() => {
    for (const [number, commit] of commits) {
      if (number <= sequence) {
        continue;
      }
      reach(number);
      for (const step of commit) {
        try {
          apply(database, step);
        } catch (error) {
          failed.push(`${describe(step)} (${messageOf(error)})`);
        }
      }
    }
  });
  reach(Math.max(sequence, ...known) + 1);
  sequence--;
  return {
    sequence,
    inDoubt: gather(commits),
    mishaps: [
      ...missing.length > 0 ? [`the journal has lost changes (${missing.join(", ")})`] : [],
      ...failed.length > 0 ? [`changes in the journal contradict what is left and were not made: ${listOf(failed)}`] : []
    ]
  };
}
function apply(database, step) {
  if ("put" in step) {
    database.put(step.put, step.record);
  } else {
    database.remove(step.remove, step.record.id);
  }
}
function gather(commits) {
  const put = /* @__PURE__ */ new Set();
  const removed = /* @__PURE__ */ new Map();
  for (const [, commit] of commits) {
    for (const step of commit) {
      const { id } = step.record;
      if ("put" in step && step.put !== "vm") {
        put.add(id);
        removed.delete(id);
      } else if ("remove" in step && step.remove !== "vm") {
        put.delete(id);
        removed.set(id, copyOf(step.remove, step.record));
      }
    }
  }
  return { put, removed };
}
var describe = (step) => "put" in step ? `${step.put} "${step.record.name}"` : `the removal of ${step.remove} "${step.record.name}"`;
var listOf = (items) => items.length > 5 ? `${items.slice(0, 5).join(", ")} and ${items.length - 5} more` : items.join(", ");

// src/store/recover-records.ts
async function recoverRecords(sqlite, file, log) {
  const sorted = sortOut(sqlite, file, await readAll(file));
  const { base, databaseId, own, notes } = sorted;
  const unusable = judge(file, sorted);
  const { database, migratedFrom } = load(sqlite, base);
  const known = [...own.map(({ header }) => header.first - 1), ...notes.map(({ sequence }) => sequence)];
  const replayed = replay(database, base?.sequence ?? 0, framesOf(sorted), known);
  const mishaps = [
    ...tellSource(file, sorted, unusable, replayed.sequence),
    ...replayed.mishaps
  ];
  const isSound = unusable.length === 0 && mishaps.length === 0;
  if (isSound && base?.databaseId !== void 0 && !base.isProven) {
    log("notice", `the database ${file} was changed by another program`);
  }
  return {
    database,
    databaseId: databaseId ?? randomUUID(),
    sequence: replayed.sequence,
    checkpoint: isSound && base?.isProven && sorted.empty.length === 0 ? base : void 0,
    segments: own.filter(({ file: file2 }) => !unusable.some((other) => other.file === file2)),
    unusable,
    empty: sorted.empty.map(({ file: file2 }) => file2),
    inDoubt: replayed.inDoubt,
    mishaps,
    migratedFrom
  };
}
function sortOut(sqlite, database, found) {
  const segments = found.flatMap((file) => readSegment(file) ?? []);
  const notes = segments.flatMap((segment) => notesIn(segment));
  const examined = found.filter((file) => isSqlite(file)).map((found2) => examineCheckpoint(sqlite, found2, notes, found2.file === database));
  const checkpoints = examined.filter((result) => "load" in result);
  const databaseId = checkpoints.length > 0 ? checkpoints[0].databaseId : segments.at(-1)?.header.databaseId;
  const others = segments.filter(({ header }) => header.databaseId !== databaseId);
  return {
    databaseId,
    checkpoints,
    base: newestOf(checkpoints.filter((checkpoint) => checkpoint.databaseId === databaseId)),
    unusable: examined.filter((result) => "why" in result),
    own: segments.filter(({ header }) => header.databaseId === databaseId),
    foreign: others.filter((segment) => !isEmpty(segment)),
    empty: others.filter((segment) => isEmpty(segment)),
    unclear: found.filter((found2) => !isSqlite(found2) && !segments.some(({ file }) => file === found2.file)),
    notes: notes.filter((note) => note.databaseId === databaseId),
    isMissing: !found.some(({ file }) => file === database)
  };
}
var notesIn = ({ header: { databaseId }, reading: { frames } }) => frames.flatMap(({ checkpoint }) => checkpoint ? [{ ...checkpoint, databaseId }] : []);
var newestOf = (checkpoints) => checkpoints.toSorted((one, other) => other.sequence - one.sequence)[0];
var framesOf = ({ databaseId, own, unclear }) => [
  ...own.flatMap(({ reading }) => reading.frames),
  ...unclear.flatMap(({ content }) => databaseId === void 0 ? [] : decodeFrames(content, databaseId, 0).frames)
];
var judge = (database, { checkpoints, base, unusable, own, foreign, unclear }) => [
  ...unusable,
  ...checkpoints.flatMap((checkpoint) => judgeCheckpoint(database, checkpoint, base)),
  ...own.flatMap((segment) => judgeSegment(database, segment, own)),
  ...foreign.map(({ file }) => ({ file, why: "belongs to another database" })),
  ...unclear.map(({ file, content }) => ({ file, why: content.length === 0 ? "is empty" : "is damaged (it does not begin as it should)" }))
];
function judgeCheckpoint(database, { file, databaseId, sequence }, base) {
  if (databaseId !== base.databaseId) {
    return [{ file, why: "belongs to another database" }];
  }
  if (![database, previousOf(database)].includes(file)) {
    return [{ file, why: "is no journal, but a database" }];
  }
  return file === database && sequence < base.sequence ? [{ file, why: `is older than ${base.file}` }] : [];
}
function judgeSegment(database, { file, header, reading }, all) {
  if (file !== segmentName(database, header.first)) {
    return [{ file, why: "lies under a wrong name" }];
  }
  return reading.state === "damaged" || reading.state === "torn" && all.some((other) => other.header.first > header.first) ? [{ file, why: "is damaged" }] : [];
}
var isEmpty = ({ reading: { frames, state } }) => state !== "damaged" && frames.every(({ commits }) => commits.length === 0);
function load(sqlite, base) {
  if (!base) {
    return { database: new RecordDatabase(sqlite), migratedFrom: void 0 };
  }
  const database = base.load();
  const found = database.version();
  try {
    database.migrate();
  } catch (error) {
    throw refusal(base.file, messageOf(error), error);
  }
  return { database, migratedFrom: found < schemaVersion ? found : void 0 };
}
function tellSource(database, { base, notes, isMissing }, unusable, sequence) {
  const isNew = !base && sequence === 0;
  if (isNew) {
    return unusable.length > 0 ? ["there was nothing to recover: the database is new"] : [];
  }
  const missing = isMissing ? [`the database ${database} was missing`] : [];
  if (!base) {
    return [...missing, "no checkpoint could be used: the records come from the journal alone"];
  }
  const isWithoutNote = base.databaseId !== void 0 && !base.isProven && !notes.some(({ sequence: sequence2 }) => sequence2 === base.sequence);
  return [
    ...missing,
    ...base.file === database ? [] : [`the records come from ${base.file} and the journal`],
    ...isWithoutNote ? [`the journal that ${base.file} ended with is missing or damaged: the last changes may be lost`] : []
  ];
}

// src/store/open-store.ts
async function openStore(file, log) {
  const place = await placeOf(file);
  const lock = lockFile(`${place}.lock`, `the database ${file}`);
  try {
    await refuseUnfinished(place);
    const recovered = await recoverRecords(await loadSqlite(), place, log);
    return await setUp(recovered, place, lock, log);
  } catch (error) {
    lock.release();
    throw asNexusError(error, `cannot open the database ${file}`);
  }
}
async function placeOf(file) {
  try {
    await mkdir(path6.dirname(file), { recursive: true });
    const target = await readlink(file).catch(() => void 0);
    return target === void 0 ? path6.join(await realpath(path6.dirname(file)), path6.basename(file)) : await placeOf(path6.resolve(path6.dirname(file), target));
  } catch (error) {
    throw asNexusError(error, `cannot use the folder of the database ${file}`);
  }
}
async function refuseUnfinished(file) {
  for (const beside of [`${file}-journal`, `${file}-wal`]) {
    if (await isThere(beside)) {
      throw new NexusError("Unsupported", `the database ${file} has ${beside} beside it: another program has not finished with it; open and close it with sqlite3 first`);
    }
  }
}
async function setUp(recovered, file, lock, log) {
  const { database, databaseId, sequence, segments, inDoubt, migratedFrom } = recovered;
  const exportRecords = exporter(database, databaseId);
  const mishaps = await putAside(recovered, log);
  const goOn = recovered.checkpoint ? { present: recovered.checkpoint, segment: await continued(segments.at(-1), log), older: segments.slice(0, -1) } : await writeAnew(recovered, file, exportRecords, log);
  const journal = new Journal({
    database: file,
    databaseId,
    sequence,
    segment: goOn.segment,
    older: goOn.older.map(({ file: file2, header: { first } }) => ({ file: file2, first }))
  });
  const checkpointer = new Checkpointer({
    database: file,
    journal,
    exportRecords,
    present: goOn.present,
    log
  });
  return new JournaledStore({
    database,
    journal,
    checkpointer,
    lock
  }, { inDoubt, mishaps, migratedFrom });
}
var exporter = (database, databaseId) => (sequence) => {
  database.setMeta("database_id", databaseId);
  database.setMeta("sequence", String(sequence));
  return database.export();
};
async function putAside({ unusable, mishaps }, log) {
  const told = [];
  for (const { file, why } of unusable) {
    told.push(`${file} ${why}; it is kept as ${await keepLink(file, "damaged")}`);
  }
  told.push(...mishaps);
  for (const mishap of told) {
    log("warning", mishap);
  }
  return told;
}
async function writeAnew({ sequence, databaseId, segments, unusable, empty, migratedFrom }, file, exportRecords, log) {
  const first = sequence + 1;
  const older = segments.filter(({ header }) => header.first !== first);
  for (const segment2 of older) {
    const unfinished = await continued(segment2, log);
    await unfinished.close();
  }
  const content = exportRecords(sequence);
  const copy = migratedFrom === void 0 ? void 0 : await keepCopy(file, `v${migratedFrom}`);
  let segment;
  try {
    await writeCheckpoint(file, content);
    segment = await createSegment(file, { databaseId, first });
    await segment.append(encodeFrame({ first, commits: [], checkpoint: noteOf(content, sequence) }, databaseId));
    await placeCheckpoint(file);
  } catch (error) {
    await dropCheckpoint(file);
    await segment?.close();
    await Promise.all([copy, segment?.file].map(async (file2) => file2 && rm5(file2, { force: true })));
    throw error;
  }
  if (copy !== void 0) {
    log("notice", `database ${file} migrated from schema version ${migratedFrom} to ${schemaVersion}; the old file is kept as ${copy}`);
  }
  try {
    await replaceFile(previousOf(file), content);
  } catch (error) {
    log("warning", `there is only one copy of the database for now: ${messageOf(error)}`);
  }
  const replaced = /* @__PURE__ */ new Set([file, previousOf(file), segment.file]);
  for (const name of [...unusable.map(({ file: file2 }) => file2), ...empty].filter((name2) => !replaced.has(name2))) {
    await rm5(name);
  }
  return { present: { sequence, bytes: content.length }, segment, older };
}
async function continued({ file, header, reading }, log) {
  if (reading.state === "torn") {
    log("info", `the last write to ${file} was never finished, and is cut off`);
  }
  return continueSegment(file, header.first, reading.goodBytes);
}

// test/unit/store/_records.ts
import { execa as execa2 } from "execa";

// test/support/folder.ts
import { spawnSync } from "node:child_process";
import { readFileSync as readFileSync2 } from "node:fs";
import process3 from "node:process";
import { execa } from "execa";
var folders = /* @__PURE__ */ new Set();
for (const [signal, number] of [["SIGHUP", 1], ["SIGINT", 2], ["SIGTERM", 15]]) {
  process3.once(signal, () => {
    process3.exit(128 + number);
  });
}
process3.on("exit", () => {
  const mountPoints = folders.size > 0 ? readFileSync2("/proc/self/mounts", "utf8").split("\n").map((line) => line.split(" ")[1] ?? "") : [];
  for (const folder of folders) {
    for (const mountPoint of mountPoints.filter((mountPoint2) => mountPoint2.startsWith(`${folder}/`)).reverse()) {
      spawnSync("umount", ["--lazy", mountPoint]);
    }
    spawnSync("rm", ["-rf", "--one-file-system", "--", folder]);
  }
});

// test/unit/store/_records.ts
var uuid = (number) => `00000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
var image = (number, over = {}) => ({
  id: uuid(number),
  name: `image-${number}`,
  subvolumePath: `/pool/@image-${number}`,
  sizeBytes: 1024,
  createdAt: 17e8,
  ...over
});
var workspace = (number, masterImageId, over = {}) => ({
  id: uuid(number),
  name: `workspace-${number}`,
  vmId: void 0,
  subvolumePath: `/pool/@workspace-${number}`,
  masterImageId,
  parentWorkspaceId: void 0,
  sizeBytes: 1024,
  isRootDevice: false,
  isReadOnly: false,
  attachedAt: void 0,
  detachedAt: void 0,
  createdAt: 17e8,
  ownerUid: 0,
  ...over
});
var version2Rows = `
INSERT INTO settings VALUES ('greeting', 'it''s "\xFCn\xEFcode" \u{1F600}', 'string'), ('limit', '9007199254740991', 'int'), ('on', 'true', 'bool'), ('tree', '{"a":[1]}', 'json');
INSERT INTO vms VALUES (
	'${uuid(1)}', 'web', 'portal', 'running', 3, 4, 4096, '{"kernel":"/boot/k"}', 4711, '/run/web.sock', '/run/web.vsock', '/var/log/web', 1600000000, 1600000001, 1600000002, NULL
);
INSERT INTO vms (id, name, role, state, cid, created_at, updated_at) VALUES ('${uuid(2)}', 'db', 'service', 'stopped', 5, 1600000003, 1600000004);
`;

// bench-one.ts
var f = "/tmp/nxbench/nexus.db";
if (!existsSync2(f)) {
  const store = await openStore(f, console.log);
  await store.commit({ put: "image", record: image(1) }, ...Array.from({ length: 1e4 }, (_, n) => ({ put: "workspace", record: workspace(n + 10, uuid(1)) })));
  store.onCheckpoint(async () => void 0);
  await store.close();
  for (const n of [1, 2]) {
    const s = await openStore(f, console.log);
    s.onCheckpoint(async () => void 0);
    await s.commit({ put: "image", record: image(n + 1) });
    await s.close();
  }
  process.exit();
}
var c = process.cpuUsage();
var t = performance.now();
var ms = (what) => {
  const u = process.cpuUsage(c);
  console.log(what, "cpu", ((u.user + u.system) / 1e3).toFixed(1), "wall", (performance.now() - t).toFixed(1));
  c = process.cpuUsage();
  t = performance.now();
};
if (process.argv[2]) {
  const store = await openStore(f, console.log);
  ms("open");
  console.log(store.counts());
} else {
  const sql = await loadSqlite();
  ms("sqlite");
  const content = await readFile2(f);
  await readFile2(f + ".previous");
  ms("read");
  crc323(content);
  crc323(content);
  ms("crc");
  const db = new RecordDatabase(sql, content);
  ms("load");
  const ws = db.all("workspace");
  ms("all");
  new RecordsInMemory({ image: [], vm: [], workspace: ws });
  ms("memory");
}
process.exit();
