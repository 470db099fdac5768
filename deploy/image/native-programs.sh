# shellcheck shell=bash
# On an x86, shell, Perl and common tools inside are this machine's own while packages are configured: emulated, they take
# most of the time. What knows its processor, as dpkg and uname, stays emulated.
native=(awk basename bash cat chmod chown cp cut dash date dirname dpkg-deb env expr find grep gzip head id install ln ls
    mkdir mktemp mv perl readlink realpath rm rmdir sed sort stat tail tar tee touch tr uniq wc xargs zstd)
libraries=(/usr/lib64 /usr/lib/x86_64-linux-gnu /usr/share/perl)
run_natively() {
    local root=$1 program folder
    if [ "$(uname -m)" != x86_64 ]; then
        return
    fi
    ln -s usr/lib64 "$root/lib64"
    for folder in "${libraries[@]}"; do
        mkdir -p "$root$folder"
        mount --bind "$folder" "$root$folder"
    done
    for program in "${native[@]/#//usr/bin/}" /usr/lib/dracut/dracut-install; do
        program=$(readlink -f "$program")
        if [ -f "$program" ] && [ -f "$root$program" ]; then
            mount --bind "$program" "$root$program"
        fi
    done
}

end_natively() {
    local root=$1 folder
    if [ "$(uname -m)" != x86_64 ]; then
        return
    fi
    grep -oE " $root/usr/(bin|lib64|lib/dracut|lib/x86_64-linux-gnu|share/perl)(/[^ ]*)? " /proc/self/mounts | xargs umount
    rm "$root/lib64"
    for folder in "${libraries[@]}"; do
        rmdir "$root$folder"
    done
}
