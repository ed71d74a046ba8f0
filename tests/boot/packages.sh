# SPDX-License-Identifier: Apache-2.0
# What the machines under test are made of: Debian packages from this machine's own apt
# sources, unpacked and never installed here. Sourced, not run.
#
#   cache_begin                 makes $cache, and waits for another run that fills it
#   cache_end                   lets others in, and removes what nobody uses any more
#   userland_tree               prints a directory: the guest's packages, unpacked
#   kernel_tree RELEASE         prints a directory: that kernel's package, unpacked
#   loader_tree                 prints a directory: shim and GRUB, signed
#   busybox_tree                prints a directory: busybox, linked statically
#   stub_tree                   prints a directory: the stub of unified kernel images
#   kernel_releases             prints the distribution's cloud kernel, then older ones
#
# What a function prints lies in the cache, under a name that its packages' versions
# make; it is complete or it is not there.

cache=${ATTESTD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}}/attestd/boot

# With what they depend on; no maintainer script is run.
userland_packages="base-files base-passwd bash coreutils dash dmsetup findutils grep gzip iproute2 keyutils kmod
	libc-bin libcurl4 libevent-2.1-7 libevent-core-2.1-7 libinih1 libjansson4 libnghttp2-14 libprotobuf-c1 libsqlite3-0 libssl3
	libsystemd0 libtss2-esys-3.0.2-0 libtss2-rc0 libtss2-tcti-device0
	libtss2-tctildr0 libzstd1 mount procps sed
	systemd-sysv util-linux xz-utils"
loader_packages="shim-signed grub-efi-amd64-signed"

cache_begin() {
	mkdir -p "$cache/packages" || fail "the cache $cache cannot be made: set ATTESTD_CACHE"
	# Programs that run as root whoever starts them, as packages have them.
	chmod 700 "$cache" || fail "the cache $cache is somebody else's: set ATTESTD_CACHE"
	: >"$cache/no-packages" || fail "the cache $cache cannot be written: set ATTESTD_CACHE"
	needs_space "$cache" 2048
	exec 8>"$cache/lock"
	flock -n 8 || {
		say "another run fills the cache; waiting for it"
		with_us flock -w 900 8 &
		wait $! || fail "another run still holds $cache/lock"
	}
	# What a run that was killed left: nobody else is here.
	rm -rf "$cache"/*.part
}
# What no run has used for two weeks belongs to versions that are no longer current.
cache_end() {
	find "$cache" -mindepth 1 -maxdepth 1 -type d ! -name packages -mtime +14 -exec rm -rf {} +
	find "$cache/packages" -name '*.deb' -mtime +14 -delete
	exec 8>&-
}

# cached NAME COMMAND...: $cache/NAME, made by COMMAND DIRECTORY unless it is there.
cached() {
	local name=$1 part=$cache/$1.part
	shift
	if [ ! -e "$cache/$name" ]; then
		rm -rf "$part"
		mkdir "$part" && "$@" "$part" && mv -T "$part" "$cache/$name" || {
			rm -rf "$part"
			return 1
		}
	fi
	touch "$cache/$name"
	echo "$cache/$name"
}

short_digest() { sha256sum | cut -c1-16; }

# name=version of the guest's packages and of all that they depend on, as if nothing
# were installed here.
closure() {
	# Package names are words.
	# shellcheck disable=SC2086
	apt-get -s -o Dir::State::status="$cache/no-packages" -o APT::Install-Recommends=0 \
		-o Debug::NoLocking=1 install $userland_packages |
		sed -nE 's/^Inst ([^ ]+) \(([^ ]+) .*/\1=\2/p' | sort
}
version_of() { apt-cache policy "$1" | sed -n 's/^  Candidate: //p'; }

# fetch NAME=VERSION...: into $cache/packages, what is not there yet.
fetch() {
	local package missing=
	for package in "$@"; do
		[ -n "$(package_file "$package")" ] || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	# Beside the others only once they are whole.
	# shellcheck disable=SC2086
	rm -rf "$cache/packages.part" && mkdir "$cache/packages.part" && {
		(cd "$cache/packages.part" && apt-get -q -o APT::Sandbox::User=root download $missing) &&
			mv "$cache"/packages.part/*.deb "$cache/packages/"
	} >"$work/download.log" 2>&1 && return
	cat "$work/download.log" >&2
	return 1
}
package_file() {
	local version=${1#*=}
	find "$cache/packages" -name "${1%%=*}_${version//:/%3a}_*.deb" -exec touch {} \; -print -quit
}

# unpack DIRECTORY NAME=VERSION...: through the symbolic links of a merged /usr.
unpack() {
	local tree=$1 package
	shift
	for package in "$@"; do
		dpkg-deb --fsys-tarfile "$(package_file "$package")" |
			tar -x --keep-directory-symlink --no-same-owner -C "$tree" || return 1
	done
}

# Users, groups and links that maintainer scripts would have made.
make_userland() {
	local tree=$1
	mkdir -p "$tree"/usr/{bin,sbin,lib,lib32,lib64,libx32} "$tree"/{dev,proc,sys,run,root,tmp,mnt} || return 1
	for directory in bin sbin lib lib32 lib64 libx32; do
		ln -s "usr/$directory" "$tree/$directory" || return 1
	done
	# shellcheck disable=SC2086
	unpack "$tree" $userland_closure || return 1
	cp "$tree/usr/share/base-passwd/passwd.master" "$tree/etc/passwd" &&
		cp "$tree/usr/share/base-passwd/group.master" "$tree/etc/group" || return 1
	ln -sf dash "$tree/usr/bin/sh"
	ln -sf ../usr/share/zoneinfo/UTC "$tree/etc/localtime"
	printf 'passwd: files\ngroup: files\nhosts: files\n' >"$tree/etc/nsswitch.conf"
	rm -rf "$tree"/usr/share/{doc,locale,man,info,zoneinfo,bash-completion}
	rm -rf "$tree"/var/cache/* "$tree"/boot
	# Names that sha256sum escapes; all are units of what is not there.
	find "$tree" -name '*\\*' -delete
	ldconfig -r "$tree"
}
userland_tree() {
	local userland_closure
	userland_closure=$(closure)
	[ -n "$userland_closure" ] || fail "apt knows no packages for the guest: apt-get update"
	# shellcheck disable=SC2086
	fetch $userland_closure || fail "packages of the guest cannot be downloaded"
	cached "userland-$({ echo "$userland_closure" && declare -f make_userland unpack; } | short_digest)" \
		make_userland || fail "the guest's packages cannot be unpacked: is the disk full?"
}

# That of the distribution's own choice, then older ones of the same series.
kernel_releases() {
	local newest
	newest=$(apt-cache depends linux-image-cloud-amd64 |
		sed -nE 's/^ *Depends: linux-image-(.*-cloud-amd64)$/\1/p')
	[ -n "$newest" ] || return 1
	apt-cache pkgnames "linux-image-${newest%%-*}-" |
		sed -nE 's/^linux-image-(.*-cloud-amd64)$/\1/p' | sort -rV |
		sed -n "/^$newest\$/,\$p"
}
make_kernel() {
	local release=${1#linux-image-}
	unpack "$2" "$1" && mkdir -p "$2/usr" && mv "$2/lib" "$2/usr/" && ln -s usr/lib "$2/lib" &&
		depmod -b "$2" "${release%%=*}"
}
kernel_tree() {
	local package
	package=linux-image-$1=$(version_of "linux-image-$1")
	fetch "$package" || fail "kernel $1 cannot be downloaded"
	cached "kernel-${package#linux-image-}" make_kernel "$package" ||
		fail "kernel $1 cannot be unpacked: is the disk full?"
}

loader_tree() {
	local packages= package
	for package in $loader_packages; do
		packages="$packages $package=$(version_of "$package")"
	done
	# shellcheck disable=SC2086
	fetch $packages || fail "shim and GRUB cannot be downloaded"
	# shellcheck disable=SC2086
	cached "loader-$(echo "$packages" | short_digest)" make_loader $packages ||
		fail "shim and GRUB cannot be unpacked: is the disk full?"
}
make_loader() { unpack "${*: -1}" "${@:1:$#-1}"; }

busybox_tree() {
	local package
	package=busybox-static=$(version_of busybox-static)
	fetch "$package" || fail "busybox-static cannot be downloaded"
	cached "busybox-${package#*=}" make_busybox "$package" || fail "busybox cannot be unpacked"
}
make_busybox() { unpack "$2" "$1"; }

stub_tree() {
	local package
	package=systemd-boot-efi=$(version_of systemd-boot-efi)
	fetch "$package" || fail "systemd-boot-efi cannot be downloaded"
	cached "stub-${package#*=}" make_stub "$package" || fail "the stub cannot be unpacked: is the disk full?"
}
make_stub() { unpack "$2" "$1"; }
