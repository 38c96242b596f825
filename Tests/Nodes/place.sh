#!/bin/sh
# Runs a command where there is nothing to write to and nobody's home: / is read-only, /tmp and its like are empty and read-only too. In a
# mount namespace of its own (unshare -m), as root of it. usage: place.sh STAGE FOLDER COMMAND...
# The installation is in /mnt/tabard, and in /mnt/noexec on a file system that executes nothing; the files of FOLDER are in /mnt/node, and of them
# `question` is the standard input.
set -eu
stage=$1 folder=$2
shift 2
mount -t tmpfs -o mode=0755 tmpfs /mnt
mkdir /mnt/node /mnt/tabard /mnt/noexec
cp -r "$stage/bin" "$stage/lib" /mnt/tabard/
mount -t tmpfs -o mode=0755 tmpfs /mnt/noexec
cp -r /mnt/tabard/. /mnt/noexec/
for file in question dmi tls/ca.pem client-secret; do if [ -e "$folder/$file" ]; then cp -r "$folder/$file" /mnt/node/; fi; done
mount -o remount,ro,noexec /mnt/noexec
for place in /tmp /var /root /home /run /dev/shm; do if [ -d $place ]; then mount -t tmpfs -o ro,mode=0555 tmpfs $place; fi; done
mount -o remount,ro /mnt
mount -o remount,bind,ro /
for place in / /etc /mnt /tmp /var /dev/shm; do
    if touch "$place/x" 2>/dev/null; then echo "$place can be written" >&2; exit 99; fi
done
exec "$@" </mnt/node/question
