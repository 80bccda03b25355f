#!/bin/sh
# Builds the C libraries and installs them with the header, a CMake package and a pkg-config file.
#
#   ./install.sh [PREFIX]      default: /usr/local
#
# DESTDIR is honoured. Everything lands below PREFIX; the tree can be moved afterwards.
set -eu
prefix=${1:-/usr/local}
case $prefix in
    /*) ;;
    *) prefix=$PWD/$prefix ;;
esac
cd "$(dirname "$0")"
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
# The ABI may change with each minor version before 1.0.
abi=${version%.*}
soname=libafterbeep.so.$abi

features="--no-default-features --features store,capi"
target=${CARGO_TARGET_DIR:-target}
cargo rustc --release --lib $features --crate-type staticlib
# Never unmapped: handles that outlive dlclose() still find their slots, and no thread loses its code.
cargo rustc --release --lib $features --crate-type cdylib -- -C link-arg=-Wl,-soname,"$soname" -C link-arg=-Wl,-z,nodelete

root=${DESTDIR:-}$prefix
mkdir -p "$root/include" "$root/lib/pkgconfig" "$root/share/afterbeep/cmake"
install -m 644 include/afterbeep.h include/afterbeep.hpp "$root/include/"
install -m 644 "$target/release/libafterbeep.a" "$root/lib/"
install -m 755 "$target/release/libafterbeep.so" "$root/lib/libafterbeep.so.$version"
ln -sf "libafterbeep.so.$version" "$root/lib/$soname"
ln -sf "$soname" "$root/lib/libafterbeep.so"
for file in afterbeep-config.cmake afterbeep-config-version.cmake; do
    sed "s/@VERSION@/$version/g" "cmake/$file.in" > "$root/share/afterbeep/cmake/$file"
done
sed -e "s/@VERSION@/$version/g" cmake/afterbeep.pc.in > "$root/lib/pkgconfig/afterbeep.pc"
echo "afterbeep $version installed below $root"
