#!/bin/sh
# Makes a clone ready to run: the system's packages, npm's packages, the build. With --test, also what the
# tests use; with --bench, what the bench runs beside Nexus. Does only what is not done yet, and says a line for each thing
# it does. Asks nothing.
#
#   sh scripts/setup.sh [--test | --bench]
set -eu

# A Debian package, and a program or a file that tells whether it is there.
start_packages='
btrfs-progs mkfs.btrfs
dbus dbus-daemon
e2fsprogs mke2fs
libbtrfsutil1 /usr/lib/*/libbtrfsutil.so.1
systemd busctl
'
test_packages='
acl setfacl
attr setfattr
busybox-static busybox
curl curl
dbus-user-session /usr/lib/systemd/user/dbus.socket
fish fish
libcap2-bin setcap
libpam-systemd /lib/*/security/pam_systemd.so
lintian lintian
man-db man
polkitd /usr/lib/polkit-1/polkitd
procps pkill
qemu-system-x86 qemu-system-x86_64
sqlite3 sqlite3
systemd-container systemd-nspawn
tmux tmux
zsh zsh
'
bench_packages='
systemd-container systemd-nspawn
'
# Without these nothing runs at all; without btrfs there is the directory backend.
essential_programs='mke2fs dbus-daemon'

log=.cache/setup.log
guest_kernel=.cache/guest-kernel

main() {
	check_node
	install_packages "$start_packages"
	check_programs
	if [ "$for_test" ]; then
		install_packages "$test_packages"
		fetch_guest_kernel
	fi

	if [ "$for_bench" ]; then
		install_packages "$bench_packages"
	fi

	install_modules
	build
	if [ "$for_test" ]; then
		make_package
	fi
}

check_node() {
	node -e '
		const [major, minor] = process.versions.node.split(".").map(Number);
		process.exit(major > 20 || (major === 20 && minor >= 17) ? 0 : 1);
	' 2>/dev/null || fail "Node.js 20.17 or newer is needed; here is $(node --version 2>/dev/null || echo none)"
}

# Only root can install; anybody else is told what to type.
install_packages() {
	missing=$(missing_packages "$1")
	if [ -z "$missing" ]; then
		return
	fi

	if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
		say "not installed here: $missing. On Debian: sudo apt-get install --no-install-recommends $missing"
		return
	fi

	say "installing $missing"
	update_lists
	# One word a package.
	# shellcheck disable=SC2086
	quietly apt_get install -y --no-install-recommends $missing || say "apt-get could not install all of it: $(last_words)"
}

missing_packages() {
	printf '%s\n' "$1" | while read -r package probe; do
		if [ "$package" ] && ! is_there "$probe"; then
			printf '%s ' "$package"
		fi
	done | sed 's/ $//'
}

is_there() {
	case $1 in
		/*)
			# The multiarch folder's name is a pattern.
			for file in $1; do
				if [ -e "$file" ]; then
					return 0
				fi
			done
			return 1
			;;
		*) command -v "$1" >/dev/null ;;
	esac
}

check_programs() {
	for program in $essential_programs; do
		is_there "$program" || fail "$program is needed and not here"
	done
}

# The guest test boots this kernel in an emulator; it is unpacked here and not installed.
fetch_guest_kernel() {
	if [ -e "$guest_kernel" ] || ! command -v apt-get >/dev/null || [ "$(dpkg --print-architecture)" != amd64 ]; then
		return
	fi

	say 'fetching a Debian kernel for the guest test'
	# Lists that are missing or old name no package, or one that is gone.
	unpack_kernel || { update_lists && unpack_kernel; } || say "no kernel: $(last_words)"
}

unpack_kernel() {
	package=$(kernel_package)
	if [ -z "$package" ]; then
		echo 'apt-cache knows no kernel' >"$log"
		return 1
	fi

	rm -rf "$guest_kernel.part"
	mkdir "$guest_kernel.part"
	(cd "$guest_kernel.part" && apt_get download "$package") >"$log" 2>&1 || return 1
	quietly dpkg-deb -x "$guest_kernel.part"/*.deb "$guest_kernel.part" || return 1
	rm "$guest_kernel.part"/*.deb
	mv "$guest_kernel.part" "$guest_kernel"
}

# linux-image-cloud-amd64 is empty and depends on the package of the day; the cloud's kernel is the small one.
kernel_package() {
	for package in linux-image-cloud-amd64 linux-image-amd64; do
		apt-cache depends "$package" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p'
	done | head -n 1
}

install_modules() {
	if cmp -s package-lock.json node_modules/.nexus-lock.json; then
		return
	fi

	say "installing npm's packages"
	# Those for development too, whatever NODE_ENV says: the build is made with them.
	quietly npm ci --include=dev || fail "npm ci failed, see $log: $(grep 'npm error' "$log" | head -n 5)"
	cp package-lock.json node_modules/.nexus-lock.json
}

build() {
	if [ -e dist/nexusd.js ] && [ -e dist/nexusctl.js ] && [ -z "$(newer_sources)" ]; then
		return
	fi

	say 'building'
	quietly npm run build || fail "the build failed, see $log: $(head -n 10 "$log")"
}

# Folders too: a file that was removed shows in the time of its folder.
newer_sources() {
	find src dbus service tui scripts package.json package-lock.json -newer dist/nexusctl.js | head -n 1
}

# Some tests install it.
make_package() {
	package=$(find .cache/package -name '*.deb' -newer dist/nexusctl.js 2>/dev/null | head -n 1)
	if ! command -v dpkg-deb >/dev/null || { [ "$package" ] && [ -z "$(newer_package_sources)" ]; }; then
		return
	fi

	say 'making the package'
	quietly node --import tsx scripts/package.ts || say "no package, see $log: $(last_words)"
}

# A commit counts too: the package's date is the last one's.
newer_package_sources() {
	for source in dbus systemd docs scripts README.md CHANGELOG.md package.json .git/logs/HEAD; do
		find "$source" -newer "$package" 2>/dev/null
	done | head -n 1
}

update_lists() {
	if [ "$(id -u)" -ne 0 ]; then
		return 1
	fi

	quietly apt_get update || say "apt-get update failed: $(last_words)"
}

# Root downloads as root: apt's own user may not write to the clone.
apt_get() {
	DEBIAN_FRONTEND=noninteractive apt-get -q -o APT::Sandbox::User=root -o DPkg::Lock::Timeout=120 "$@"
}

quietly() {
	"$@" >"$log" 2>&1
}

last_words() {
	tail -n 3 "$log" | tr '\n' ' '
}

say() {
	printf 'setup: %s\n' "$*"
}

fail() {
	say "$*" >&2
	exit 1
}

for_test=
for_bench=
case ${1-} in
	'') ;;
	--test) for_test=yes ;;
	--bench) for_bench=yes ;;
	*) fail "unknown argument $1" ;;
esac

CDPATH='' cd -- "$(dirname -- "$0")/.."
# Administrators' programs are not on everybody's PATH.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
exec </dev/null
mkdir -p .cache
# Two at a time would build into the same folder.
if command -v flock >/dev/null; then
	exec 9>.cache/setup.lock
	flock 9
fi

main
