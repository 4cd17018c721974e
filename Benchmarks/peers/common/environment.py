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

INSTALL_SECONDS_MAX = 1_200


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
    if not installed(NUMPY):
        try:
            pip([NUMPY])
        except CannotInstall as problem:
            sys.exit(str(problem))


def install(requirements):
    """Installs pinned requirements (`name==version`) that are missing; throws `CannotInstall`."""
    missing = [requirement for requirement in requirements if not installed(requirement)]
    if missing:
        print(f"installing {' '.join(missing)}", file=sys.stderr)
        pip([*missing, NUMPY])


def version(package):
    """The version of an installed package."""
    return importlib.metadata.version(package)


def installed(requirement):
    """Whether exactly this version is there; a local build of it (`1.0+cpu`) counts."""
    name, _, wanted = requirement.partition('==')
    try:
        return importlib.metadata.version(name).partition('+')[0] == wanted
    except importlib.metadata.PackageNotFoundError:
        return False


def pip(arguments):
    """`pip install` with these arguments; throws `CannotInstall`."""
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
