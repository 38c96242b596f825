#!/bin/sh
# Installs Tabard on a node with a kubelet, goes back to the version before, or takes it away. It may be killed at any moment and started
# again: README.md says why that is safe. POSIX sh, with coreutils or busybox (mv -T, sha256sum), flock, and what restarts the kubelet.
#
# usage: install.sh install | rollback | remove
#
# Settings are variables. Paths are the node's, and the same inside an installer's container:
#   TABARD_PAYLOAD      what is installed: bin/ and lib/ as `make install` lays them out (default: the folder above this script's)
#   TABARD_PREFIX       where to, on a file system that allows execution (default /opt/tabard)
#   TABARD_PROVIDERS    ids of the providers that the kubelet shall ask, such as "aws-ecr-key"; empty for all
#   TABARD_CONFIG_ARGS  more arguments of `provider-exec kubelet-config`, such as "--token-attributes"
#   TABARD_SETTINGS     a config.json for the providers, or empty
#   TABARD_UNITS        where the agent's units (lib/systemd/system/ of the payload) go, /etc/systemd/system; empty for no agent
#   TABARD_ON_HOST      what runs a command on the node itself: "nsenter --target 1 --mount --" in a container, empty without one
#   KUBELET_BIN_DIR     the kubelet's --image-credential-provider-bin-dir
#   KUBELET_CONFIG      the kubelet's --image-credential-provider-config, a file
#   KUBELET_DROPIN      where 90-tabard.conf goes, for a kubelet that has these two flags from nobody else; else empty
#   KUBELET_RESTART     what restarts it (default: systemctl restart kubelet)
#   KUBELET_HEALTH      what says whether it runs, asked for half a minute (default: systemctl is-active --quiet kubelet)
set -eu
umask 022
here=$(cd "$(dirname "$0")" && pwd)
payload=${TABARD_PAYLOAD:-${here%/*}}
prefix=${TABARD_PREFIX:-/opt/tabard}
bin_dir=${KUBELET_BIN_DIR:?is not set}
config=${KUBELET_CONFIG:?is not set}
dropin=${KUBELET_DROPIN-}
units=${TABARD_UNITS-}

say() { echo "tabard: $*" >&2; }
fail() { say "$*"; exit 1; }
# Word by word on purpose: a command with its arguments. The lock is not for what it starts.
# shellcheck disable=SC2086
on_host() { ${TABARD_ON_HOST-} "$@" 9>&-; }

# Files and links are replaced by rename: who looks sees the old one or the new one, never half of one and never none.
put() { cp "$1" "$2.tabard-new" && chmod 0644 "$2.tabard-new" && sync "$2.tabard-new" && mv -fT "$2.tabard-new" "$2"; }
link() {
    if [ -L "$2" ] && [ "$(target_of "$2")" = "$1" ]; then return; fi
    rm -f "$2.tabard-new"
    ln -s "$1" "$2.tabard-new"
    mv -fT "$2.tabard-new" "$2"
}

# Questions. What cannot be answered, because a program was killed, ends the script or is taken for the careful answer.
target_of() { readlink "$1" || fail "$1 cannot be read"; }
version_of() {
    if [ ! -L "$prefix/$1" ]; then echo none; return; fi
    to=$(target_of "$prefix/$1") || exit 1
    echo "${to##*/}"
}
same() {
    if [ ! -e "$1" ] || [ ! -e "$2" ]; then return 1; fi
    status=0
    cmp -s "$1" "$2" || status=$?
    [ $status -le 1 ] || fail "$1 and $2 cannot be compared"
    return $status
}
# Whether the kubelet's configuration names a program. Rather once too often than once too few.
names() {
    if [ ! -e "$config" ]; then return 1; fi
    status=0
    grep -qE "(^|[^A-Za-z0-9._-])$1([^A-Za-z0-9._-]|\$)" "$config" || status=$?
    [ $status -ne 1 ]
}
# Whether a version of ours brought the configuration; any other is the node's own, and kept for the way back.
is_ours() {
    for file in "$prefix"/versions/*/kubelet-config; do if same "$file" "$config"; then return 0; fi; done
    return 1
}
# Whether a name in the kubelet's folder leads to our programs.
is_program() {
    if [ ! -L "$1" ]; then return 1; fi
    to=$(target_of "$1") || exit 1
    case $to in "$prefix/current/"*) ;; *) return 1 ;; esac
}

# 1: the version, in a folder of its own that appears with all that belongs to it: programs, settings, the kubelet's configuration.
place() {
    settings=${TABARD_SETTINGS:-/dev/null}
    [ ! -d "$config" ] || fail "$config is a folder: set KUBELET_CONFIG to a file in it"
    mkdir -p "$prefix/versions" "$bin_dir" "$(dirname "$config")"
    version=$( (cd "$payload" && ls bin && find bin lib -type f -exec sha256sum {} + | sort; cat "$settings" "$here/90-tabard.conf"
        echo "${TABARD_PROVIDERS-} ${TABARD_CONFIG_ARGS-} $bin_dir $config") | sha256sum | cut -c 1-12)
    case $version in ????????????) ;; *) fail "the payload in $payload cannot be read" ;; esac
    folder=$prefix/versions/$version
    if [ ! -d "$folder" ]; then
        new=$prefix/incoming
        rm -rf "$new"
        mkdir "$new"
        cp -a "$payload/bin" "$payload/lib" "$new/"
        mkdir "$new/units"
        for file in "$payload"/lib/systemd/system/tabard-agent.*; do
            if [ -e "$file" ]; then sed "s|@PREFIX@|$prefix/current|g" "$file" >"$new/units/${file##*/}"; fi
        done
        sed -e "s|@CONFIG@|$config|" -e "s|@BIN_DIR@|$bin_dir|" "$here/90-tabard.conf" >"$new/90-tabard.conf"
        set -- kubelet-config
        for provider in ${TABARD_PROVIDERS-}; do set -- "$@" --provider "$provider"; done
        if [ "$settings" != /dev/null ]; then
            cp "$settings" "$new/config.json"
            set -- "$@" --config "$new/config.json"
        fi
        # On file systems with labels (SELinux) a copy out of a container has the wrong one.
        on_host sh -c 'if command -v restorecon >/dev/null; then restorecon -R "$0"; fi' "$prefix"
        # It runs on this node with its plugins, and its settings are right, before anything depends on it.
        # shellcheck disable=SC2086
        on_host "$new/bin/provider-exec" "$@" ${TABARD_CONFIG_ARGS-} >"$new/written" || fail "the new version does not run on this node"
        sed "s|$new/config.json|$prefix/current/config.json|" "$new/written" >"$new/kubelet-config"
        sync
        mv -T "$new" "$folder"
    fi
    # What the kubelet has been told to start must be there after the change, too.
    for program in "$bin_dir"/*; do
        name=${program##*/}
        if is_program "$program" && [ ! -e "$folder/bin/$name" ] && names "$name"; then
            fail "$config names $name, which the new version does not have"
        fi
    done
    for program in "$folder"/bin/provider-exec*; do
        program=$bin_dir/${program##*/}
        if [ -e "$program" ] && [ ! -L "$program" ]; then fail "$program is not from here: move it away, or choose another KUBELET_BIN_DIR"; fi
    done
}

# 2: that version becomes the current one; the one before stays for the way back, if it ever was at work.
switch_over() {
    last=$(version_of current)
    if [ "$last" = "$version" ]; then return; fi
    if [ -e "$prefix/current/at-work" ]; then link "versions/$last" "$prefix/previous"; fi
    : >"$prefix/agent-wanted"
    link "versions/$version" "$prefix/current"
}

# 3: the names that the kubelet starts; those that lead nowhere go, unless it is told to start them.
name_programs() {
    for program in "$prefix"/current/bin/provider-exec*; do link "$prefix/current/bin/${program##*/}" "$bin_dir/${program##*/}"; done
    for program in "$bin_dir"/*; do
        if is_program "$program" && [ ! -e "$program" ] && ! names "${program##*/}"; then rm -f "$program"; fi
    done
}

# 4: the agent makes answers faster. Without it everything works, so it stops nothing. Its socket is systemd's, from the first moment of a boot
# on, and stays open while the agent is restarted: what is asked meanwhile waits. Only a new unit of the socket opens it anew.
start_agent() {
    if [ -z "$units" ]; then return; fi
    for file in "$prefix"/current/units/*; do
        if [ ! -e "$file" ] || same "$file" "$units/${file##*/}"; then continue; fi
        : >"$prefix/agent-wanted"
        case $file in *.socket) : >"$prefix/agent-socket-wanted" ;; esac
        put "$file" "$units/${file##*/}"
    done
    if [ ! -e "$prefix/agent-wanted" ] || [ ! -e "$units/tabard-agent.service" ]; then return; fi
    socket=
    if [ -e "$units/tabard-agent.socket" ]; then socket=tabard-agent.socket; fi
    again=
    if [ -e "$prefix/agent-socket-wanted" ]; then again=$socket; fi
    # shellcheck disable=SC2086
    if on_host systemctl daemon-reload && on_host systemctl enable $socket tabard-agent.service &&
        on_host systemctl restart $again tabard-agent.service; then
        rm -f "$prefix/agent-socket-wanted" "$prefix/agent-wanted"
    else
        say "the agent does not start: provider-exec answers without it"
    fi
}

# 5: the kubelet's configuration, and its flags. The mark says until the end of step 6 that the kubelet runs with another one.
configure() {
    new=$prefix/$1/kubelet-config
    if ! same "$new" "$config"; then
        if [ -e "$config" ] && ! is_ours; then put "$config" "$prefix/original"; fi
        : >"$prefix/restart-wanted"
        put "$new" "$config"
    fi
    if [ -n "$dropin" ] && ! same "$prefix/$1/90-tabard.conf" "$dropin"; then
        mkdir -p "$(dirname "$dropin")"
        : >"$prefix/restart-wanted"
        put "$prefix/$1/90-tabard.conf" "$dropin"
    fi
}

# 6: the kubelet reads its configuration when it starts, and only then.
restart() {
    if [ ! -e "$prefix/restart-wanted" ]; then return 0; fi
    if [ -n "$dropin" ]; then on_host systemctl daemon-reload || return 1; fi
    # shellcheck disable=SC2086
    on_host ${KUBELET_RESTART:-systemctl restart kubelet} || return 1
    tries=0
    # shellcheck disable=SC2086
    until on_host ${KUBELET_HEALTH:-systemctl is-active --quiet kubelet}; do
        tries=$((tries + 1))
        if [ $tries -ge 30 ]; then return 1; fi
        sleep 1
    done
    rm -f "$prefix/restart-wanted"
}

# 7: the versions that nothing needs any more.
prune() {
    current=$(version_of current)
    previous=$(version_of previous)
    for old in "$prefix"/versions/*; do
        case ${old##*/} in "$current" | "$previous") continue ;; esac
        rm -rf "$prefix/outgoing"
        mv -T "$old" "$prefix/outgoing"
        rm -rf "$prefix/outgoing"
    done
}

install() {
    place
    switch_over
    name_programs
    start_agent
    configure current
    if ! restart; then
        say "the kubelet does not run with $config: going back"
        if [ -e "$prefix/previous" ]; then rollback; else remove; fi
        exit 1
    fi
    : >"$prefix/current/at-work"
    prune
    say "version $version is installed"
}

# The reverse: configuration, restart, and only then the programs.
rollback() {
    [ -e "$prefix/previous" ] || fail "there is no version before to go back to"
    configure previous
    restart || fail "the kubelet does not run with the configuration of the version before either"
    version=$(version_of previous)
    : >"$prefix/agent-wanted"
    link "versions/$version" "$prefix/current"
    name_programs
    start_agent
    say "version $version is back"
}

remove() {
    if is_ours && [ ! -e "$prefix/original" ] && [ -z "$dropin" ]; then
        fail "the node had no configuration to go back to: put one at $config, restart the kubelet and run this again"
    fi
    if [ -n "$dropin" ] && [ -e "$dropin" ]; then
        : >"$prefix/restart-wanted"
        rm -f "$dropin"
    fi
    if is_ours && [ -e "$prefix/original" ]; then
        : >"$prefix/restart-wanted"
        put "$prefix/original" "$config"
    fi
    restart || fail "the kubelet does not run with the node's own configuration: Tabard's programs stay"
    # Without its flags the kubelet reads no configuration; until it was started without them, this one had to stay.
    if [ ! -e "$prefix/original" ] && is_ours; then rm -f "$config"; fi
    for program in "$bin_dir"/*; do
        if ! is_program "$program"; then continue; fi
        name=${program##*/}
        if names "$name"; then fail "$config names $name: take it out, restart the kubelet and run this again"; fi
        rm -f "$program"
    done
    # The socket first: as long as it is open, it starts the agent.
    if [ -n "$units" ]; then
        for unit in tabard-agent.socket tabard-agent.service; do
            if [ ! -e "$units/$unit" ]; then continue; fi
            on_host systemctl disable --now "$unit"
            rm -f "$units/$unit"
        done
        on_host systemctl daemon-reload
    fi
    # All but the lock; in a container the folder itself is a mount.
    find "$prefix" -mindepth 1 -maxdepth 1 ! -name lock -exec rm -rf {} +
    rm -f "$prefix/lock"
    rmdir "$prefix" 2>/dev/null || :
    say "removed"
}

case ${1-} in install | rollback | remove) ;; *) fail "usage: $0 install | rollback | remove" ;; esac
# One at a time; the lock goes with the process, however that ends.
mkdir -p "$prefix"
exec 9>"$prefix/lock"
flock -n 9 || fail "another one is at work on this node"
"$1"
