// Sizes and times as people read them.
import prettyBytes from 'pretty-bytes';
import prettyMs from 'pretty-ms';

/** `2 GiB` */
export const formatSize = (bytes: number): string => prettyBytes(bytes, {binary: true});

/** `2 GiB (2147483648 bytes)` */
export const formatExactSize = (bytes: number): string => bytes < 1024 ? `${bytes} bytes` : `${formatSize(bytes)} (${bytes} bytes)`;

/** `48 MiB/s` */
export const formatRate = (bytesPerSecond: number): string => `${formatSize(bytesPerSecond)}/s`;

/** `4s left`, `1h 2m left`: never none as long as there is something to do. */
export const formatTimeLeft = (seconds: number): string => `${prettyMs(Math.max(1, Math.ceil(seconds)) * 1000, {unitCount: 2})} left`;

/** `128 MiB` */
export const formatMemory = (mebibytes: number): string => formatSize(mebibytes * (1024 ** 2));

/** `5m`, `3d`: the time since then in its largest unit. A clock that went backwards makes no negative age. */
export function formatAge(seconds: number, now = Date.now()): string {
	const age = Math.max(0, Math.floor((now / 1000) - seconds));
	return age === 0 ? '0s' : prettyMs(age * 1000, {compact: true});
}

/** `2025-11-22T08:20:11+01:00`, the local time. */
export function formatLocalTime(seconds: number): string {
	const date = new Date(seconds * 1000);
	const offset = -date.getTimezoneOffset();
	const local = new Date(date.getTime() + (offset * 60_000)).toISOString().slice(0, 19);
	const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60].map(part => String(part).padStart(2, '0'));
	return `${local}${offset < 0 ? '-' : '+'}${hours!}:${minutes!}`;
}

/** `2025-11-22T08:20:11+01:00 (5m ago)` */
export const formatTime = (seconds: number, now = Date.now()): string => `${formatLocalTime(seconds)} (${formatAge(seconds, now)} ago)`;

/** `yes` or `no` */
export const formatYesNo = (value: boolean): string => value ? 'yes' : 'no';
