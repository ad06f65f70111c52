"""How many files a process may open: each connection is one."""

import resource


def more_files(wanted: int) -> int:
    """Raise the number of files that this process may open, as far as it may. Returns how many that are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return soft
