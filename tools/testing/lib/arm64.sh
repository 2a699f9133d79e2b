# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What arm64 guests have in place of the programs of this machine: /usr of a
# small Debian for arm64, unpacked but not configured, so that nothing of it has
# to run here.

# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/apt.sh"

ARM64_SUITE=trixie
ARM64_PACKAGES=bash,busybox-static,coreutils,e2fsprogs,findutils,grep,i2c-tools,iproute2
ARM64_PACKAGES+=,kmod,mount,procps,sed,util-linux

arm64_root()
{
	echo "$CACHE/root/arm64-$ARM64_SUITE-$(echo "$ARM64_PACKAGES" | short_hash)"
}

arm64_prepare()
{
	build_once "$(arm64_root)" arm64_build "$(arm64_root)"
}

arm64_build()
{
	quietly "$1.log" mmdebstrap --variant=extract --mode=root \
		--architectures=arm64 --include="$ARM64_PACKAGES" \
		--aptopt='APT::Install-Recommends "false"' \
		--skip=cleanup/apt "$ARM64_SUITE" "$1" \
		"deb [signed-by=$APT_KEYRING] $(apt_mirror "$ARM64_SUITE") $ARM64_SUITE main"
	ln -s busybox "$1/usr/bin/awk"
}
