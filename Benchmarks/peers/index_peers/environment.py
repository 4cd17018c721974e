"""A virtual environment of its own, with pinned packages, so that a plain `python3` can start the measurement.

Standard library only: this runs before anything is installed.
"""
import importlib.metadata
import os
import shutil
import subprocess
import sys

PYTHON_MINIMUM = (3, 11)
NUMPY = 'numpy==2.4.6'

GLASS_REPOSITORY = 'https://github.com/hhy3/pyglass'
GLASS_COMMIT = 'ea129a2e57435a1ceb2c09137b16e48c9397909b'
GLASS_VERSION = '2.1.0'
# Newer pybind11 refuses the sources of Glass; its own list of requirements is for its benchmark, not for the library.
GLASS_BUILD_TOOLS = ('pybind11==2.13.6', 'setuptools==80.9.0', 'wheel')

INSTALL_SECONDS_MAX = 1_200
CLONE_SECONDS_MAX = 120


class CannotInstall(Exception):
    """Says in one sentence why a package is missing."""


def enter(work):
    """Continues in the virtual environment under `work`; makes it first where it is missing. Returns only inside it."""
    if sys.version_info < PYTHON_MINIMUM:
        sys.exit(f"Python {PYTHON_MINIMUM[0]}.{PYTHON_MINIMUM[1]} or newer is needed, "
                 f"this is {sys.version_info[0]}.{sys.version_info[1]}")
    folder = os.path.join(work, 'environment')
    python = os.path.join(folder, 'bin', 'python')
    if os.path.realpath(sys.prefix) != os.path.realpath(folder):
        if not os.path.exists(python):
            print(f"making the virtual environment {folder}", file=sys.stderr)
            made = subprocess.run([sys.executable, '-m', 'venv', folder], capture_output=True, text=True)
            if made.returncode != 0:
                shutil.rmtree(folder, ignore_errors=True)
                sys.exit("cannot make a virtual environment; install Python's venv module.\n"
                         f"{made.stdout}{made.stderr}")
        os.execv(python, [python, *sys.argv])
    if not _installed(NUMPY):
        try:
            _pip([NUMPY])
        except CannotInstall as problem:
            sys.exit(str(problem))


def install(requirements):
    """Installs pinned requirements (`name==version`) that are missing; throws `CannotInstall`."""
    missing = [requirement for requirement in requirements if not _installed(requirement)]
    if missing:
        print(f"installing {' '.join(missing)}", file=sys.stderr)
        _pip([*missing, NUMPY])


def install_glass(work, source=None):
    """Builds Glass from `source`, or from a clone of its repository: no wheel of this version exists."""
    if _installed(f'glass=={GLASS_VERSION}'):
        return
    build = os.path.join(work, 'glass')
    shutil.rmtree(build, ignore_errors=True)
    if source is not None:
        shutil.copytree(source, build)
    else:
        print(f"cloning {GLASS_REPOSITORY}", file=sys.stderr)
        try:
            cloned = subprocess.run(['git', 'clone', '--quiet', GLASS_REPOSITORY, build], capture_output=True,
                                    timeout=CLONE_SECONDS_MAX, env={**os.environ, 'GIT_TERMINAL_PROMPT': '0'})
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise CannotInstall(f"git did not clone {GLASS_REPOSITORY} ({problem}); give a checkout with "
                                "--glass-source") from None
        if cloned.returncode != 0:
            raise CannotInstall(f"git cannot clone {GLASS_REPOSITORY}; give a checkout of commit {GLASS_COMMIT[:10]} "
                                "with --glass-source")
        checked_out = subprocess.run(['git', '-C', build, 'checkout', '--quiet', GLASS_COMMIT], capture_output=True)
        if checked_out.returncode != 0:
            raise CannotInstall(f"{GLASS_REPOSITORY} no longer has commit {GLASS_COMMIT[:10]}")
    print("building Glass (about two minutes)", file=sys.stderr)
    _pip([*GLASS_BUILD_TOOLS, NUMPY])
    _pip(['--no-build-isolation', '--no-deps', os.path.join(build, 'python')])


def version(package):
    """The version of an installed package."""
    return importlib.metadata.version(package)


def _installed(requirement):
    name, _, wanted = requirement.partition('==')
    try:
        return importlib.metadata.version(name) == wanted
    except importlib.metadata.PackageNotFoundError:
        return False


def _pip(arguments):
    command = [sys.executable, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        raise CannotInstall(f"installing took longer than {INSTALL_SECONDS_MAX} s") from None
    if done.returncode != 0:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        errors = [line for line in lines if 'error' in line.lower()] or lines or ['no reason given']
        raise CannotInstall(f"pip cannot install {' '.join(arguments)}: {errors[0]}")
    importlib.invalidate_caches()
