"""Installs Glass, which has no wheel of the measured version: from its sources."""
import os
import shutil
import subprocess
import sys

from common import environment

REPOSITORY = 'https://github.com/hhy3/pyglass'
COMMIT = 'ea129a2e57435a1ceb2c09137b16e48c9397909b'
VERSION = '2.1.0'
# Newer pybind11 refuses the sources of Glass; its own list of requirements is for its benchmark, not for the library.
BUILD_TOOLS = ('pybind11==2.13.6', 'setuptools==80.9.0', 'wheel')

CLONE_SECONDS_MAX = 120


def install(work, source=None):
    """Builds Glass from `source`, or from a clone of its repository: no wheel of this version exists."""
    if environment.installed(f'glass=={VERSION}'):
        return
    build = os.path.join(work, 'glass')
    shutil.rmtree(build, ignore_errors=True)
    if source is not None:
        shutil.copytree(source, build)
    else:
        print(f"cloning {REPOSITORY}", file=sys.stderr)
        try:
            cloned = subprocess.run(['git', 'clone', '--quiet', REPOSITORY, build], capture_output=True,
                                    timeout=CLONE_SECONDS_MAX, env={**os.environ, 'GIT_TERMINAL_PROMPT': '0'})
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise environment.CannotInstall(f"git did not clone {REPOSITORY} ({problem}); give a checkout with "
                                            "--glass-source") from None
        if cloned.returncode != 0:
            raise environment.CannotInstall(f"git cannot clone {REPOSITORY}; give a checkout of commit "
                                            f"{COMMIT[:10]} with --glass-source")
        checked_out = subprocess.run(['git', '-C', build, 'checkout', '--quiet', COMMIT], capture_output=True)
        if checked_out.returncode != 0:
            raise environment.CannotInstall(f"{REPOSITORY} no longer has commit {COMMIT[:10]}")
    print("building Glass (about two minutes)", file=sys.stderr)
    environment.pip([*BUILD_TOOLS, environment.NUMPY])
    environment.pip(['--no-build-isolation', '--no-deps', os.path.join(build, 'python')])
