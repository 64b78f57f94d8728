"""The kernel of a submission: a Python kernel that cannot take more than its share.

Started as ``python -m sfxtutor.course.grading.kernel BYTES SECONDS -f CONNECTION_FILE``.
"""

import sys

try:
    import resource
except ImportError:  # Windows has no limits of this kind; docs/instructor.md says so
    resource = None

FILE_BYTES = 10**9  # of any file that a submission writes


def limit(memory, seconds):
    """Limit this process: address space in bytes, processor time in s, size of files."""
    if resource is None:
        return
    for name, value in (
        ("RLIMIT_AS", memory),
        ("RLIMIT_CPU", seconds),
        ("RLIMIT_FSIZE", FILE_BYTES),
        ("RLIMIT_CORE", 0),
    ):
        kind = getattr(resource, name)
        _, most = resource.getrlimit(kind)
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(kind, (value, value))


if __name__ == "__main__":
    limit(*map(int, sys.argv[1:3]))
    del sys.argv[1:3]
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()
