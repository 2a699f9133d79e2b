# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# sparse, built from Debian's newest source: current kernels silently skip the
# one that the stable releases have.

# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/common.sh"
# shellcheck source-path=SCRIPTDIR
. "${BASH_SOURCE[0]%/*}/apt.sh"

SPARSE_SUITE=sid

# sparse_prepare: see that sparse is in the cache.
sparse_prepare()
{
	apt_build_once "$SPARSE_SUITE" deb-src sparse_dir sparse_build
}

sparse_dir()
{
	local version
	version=$(apt_in "$SPARSE_SUITE" apt-cache showsrc --only-source sparse |
		awk '$1 == "Version:" && !n++ { print $2 }')
	echo "$CACHE/sparse/sparse-${version//[:~+]/-}"
}

sparse_build()
{
	local dir=$1
	(
		cd "$dir" || exit
		quietly "$dir/source.log" apt_in "$SPARSE_SUITE" \
			apt-get source --only-source sparse
		quietly "$dir/build.log" make -C sparse-*/ -j "$JOBS" CC=gcc sparse \
			HAVE_GTK=no HAVE_LLVM=no HAVE_SQLITE=no HAVE_LIBXML=no
		cp sparse-*/sparse sparse
		rm -rf sparse-*/
	)
}
