"""The kernel of a submission: a Python kernel that cannot take more than its share.

Started as ``python -m sfxtutor.course.grading.kernel BYTES SECONDS PROCESSES -f CONNECTION_FILE``.
"""

import sys

try:
    import resource
except ImportError:  # Windows has no limits of this kind; docs/instructor.md says so
    resource = None

FILE_BYTES = 10**9  # of any file that a submission writes


def limit(memory, seconds, processes=0):
    """Limit this process: address space in bytes, processor time in s, size of files.

    `processes` limits those of the user, threads counted; 0 leaves it as it is. It is for a
    container, outside of which the user has further processes.
    """
    if resource is None:
        return
    limits = [
        ("RLIMIT_AS", memory),
        ("RLIMIT_CPU", seconds),
        ("RLIMIT_FSIZE", FILE_BYTES),
        ("RLIMIT_CORE", 0),
    ]
    for name, value in limits + [("RLIMIT_NPROC", processes)] * bool(processes):
        kind = getattr(resource, name)
        _, most = resource.getrlimit(kind)
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(kind, (value, value))


if __name__ == "__main__":
    limit(*map(int, sys.argv[1:4]))
    del sys.argv[1:4]
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()
