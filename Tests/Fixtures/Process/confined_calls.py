"""Makes calls by which one process changes another, on the process named, and prints those that were not refused."""
import ctypes
import errno
import os
import platform
import socket
import sys

host = int(sys.argv[1])
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
x86 = platform.machine() == "x86_64"
room = ctypes.create_string_buffer(4096)
here = ctypes.addressof(room)
name = ctypes.create_string_buffer(b"/tmp")
path = ctypes.addressof(name)

# name: number on x86-64, number on arm64 (None: there is none), arguments
CALLS = {
    "prlimit64": (302, 261, (host, 0, here, 0)),
    "prlimit64 of the keeper": (302, 261, (-1, 0, here, 0)),
    "sched_setaffinity": (203, 122, (host, 8, here)),
    "sched_setscheduler": (144, 119, (host, 3, here)),
    "sched_setparam": (142, 118, (host, here)),
    "sched_setattr": (314, 274, (host, here, 0)),
    "setpriority": (141, 140, (0, host, 19)),
    "setpriority of a group": (141, 140, (1, host, 19)),
    "setpriority of a user": (141, 140, (2, 0, 19)),
    "ioprio_set": (251, 30, (1, host, 0x6000)),
    "ioprio_set of a group": (251, 30, (2, host, 0x6000)),
    "ioprio_set of a user": (251, 30, (3, 0, 0x6000)),
    "kill": (62, 129, (host, 0)),
    "kill of a group": (62, 129, (-os.getpgid(host), 0)),
    "kill of all": (62, 129, (-1, 0)),
    "tkill": (200, 130, (host, 0)),
    "tgkill": (234, 131, (host, host, 0)),
    "rt_sigqueueinfo": (129, 138, (host, 0, here)),
    "rt_tgsigqueueinfo": (297, 240, (host, host, 0, here)),
    "pidfd_getfd": (438, 438, (0, 0, 0)),
    "ptrace attach": (101, 117, (16, host, 0, 0)),
    "ptrace me": (101, 117, (0, 0, 0, 0)),
    "process_vm_readv": (310, 270, (host, here, 0, here, 0, 0)),
    "process_vm_writev": (311, 271, (host, here, 0, here, 0, 0)),
    "process_madvise": (440, 440, (0, here, 0, 4, 0)),
    "process_mrelease": (448, 448, (0, 0)),
    "kcmp": (312, 272, (host, host, 0, 0, 0)),
    "migrate_pages": (256, 238, (host, 0, here, here)),
    "move_pages": (279, 239, (host, 0, 0, 0, 0, 0)),
    "perf_event_open": (298, 241, (here, host, -1, -1, 0)),
    "bpf": (321, 280, (0, here, 0)),
    "userfaultfd": (323, 282, (0,)),
    "io_uring_setup": (425, 425, (1, here)),
    "io_uring_enter": (426, 426, (0, 0, 0, 0)),
    "io_uring_register": (427, 427, (0, 0, 0, 0)),
    "memfd_create": (319, 279, (path, 0)),
    "memfd_secret": (447, 447, (0,)),
    "keyctl": (250, 219, (0, -3, 0)),
    "add_key": (248, 217, (path, path, here, 1, -3)),
    "request_key": (249, 218, (path, path, 0, -3)),
    "mount": (165, 40, (path, path, path, 0, 0)),
    "umount2": (166, 39, (path, 8)),
    "pivot_root": (155, 41, (path, path)),
    "chroot": (161, 51, (path,)),
    "open_tree": (428, 428, (-100, path, 0)),
    "move_mount": (429, 429, (-100, path, -100, path, 0)),
    "fsopen": (430, 430, (path, 0)),
    "fsconfig": (431, 431, (0, 0, 0, 0, 0)),
    "fsmount": (432, 432, (0, 0, 0)),
    "fspick": (433, 433, (-100, path, 0)),
    "mount_setattr": (442, 442, (-100, path, 0, here, 32)),
    "unshare": (272, 97, (0x20000,)),
    "unshare of the user": (272, 97, (0x10000000,)),
    "setns": (308, 268, (0, 0)),
    "clone of a namespace": (56, 220, (0x10000000 | 17, 0, 0, 0, 0)),
    "clone3": (435, 435, (here, 88)),
    "shmget": (29, 194, (0, 4096, 0o1600)),
    "shmctl": (31, 195, (0, 0, 0)),
    "semget": (64, 190, (0, 1, 0o1600)),
    "msgget": (68, 186, (0, 0o1600)),
    "mq_open": (240, 180, (path, 0o102, 0o600, 0)),
    "reboot": (169, 142, (0, 0, 0, 0)),
    "kexec_load": (246, 104, (0, 0, 0, 0)),
    "init_module": (175, 105, (here, 0, here)),
    "finit_module": (313, 273, (0, here, 0)),
    "delete_module": (176, 106, (path, 0)),
    "swapon": (167, 224, (path, 0)),
    "swapoff": (168, 225, (path,)),
    "settimeofday": (164, 170, (here, 0)),
    "clock_settime": (227, 112, (0, here)),
    "adjtimex": (159, 171, (here,)),
    "sethostname": (170, 161, (here, 1)),
    "setdomainname": (171, 162, (here, 1)),
    "acct": (163, 89, (0,)),
    "syslog": (103, 116, (3, here, 100)),
    "open_by_handle_at": (304, 265, (-100, here, 0)),
    "name_to_handle_at": (303, 264, (-100, path, here, here, 0)),
    "fanotify_init": (300, 262, (0, 0)),
    "mknodat of a device": (259, 33, (-100, path, 0o60600, 0)),
    "mknod of a device": (133, None, (path, 0o20600, 0)),
    "iopl": (172, None, (3,)),
    "fcntl of an owner": (72, 25, (0, 8, host)),
    "fcntl of an owner by address": (72, 25, (0, 15, here)),
    "ioctl of an owner": (16, 29, (0, 0x8901, here)),
    "ioctl of input": (16, 29, (0, 0x5412, here)),
    "socketpair of datagrams": (53, 199, (1, 2, 0, here)),
    "a call that nobody judged": (999, 999, (0,)),
    "x32 getpid": (0x40000000 + 39, None, ()),
}
free = []
for what, (on_x86, on_arm, arguments) in CALLS.items():
    number = on_x86 if x86 else on_arm
    if number is None:
        continue
    if what.endswith("keeper"):
        arguments = (os.getppid(),) + arguments[1:]
    words = [ctypes.c_long(value) for value in arguments]
    ctypes.set_errno(0)
    result = libc.syscall(ctypes.c_long(number), *words)
    if result >= 0 or ctypes.get_errno() not in (errno.EPERM, errno.EACCES, errno.ENOSYS):
        free.append(f"{what}: {result} {errno.errorcode.get(ctypes.get_errno())}")
for family in (1, 2, 10, 17, 16, 38, 40):
    try:
        socket.socket(family, socket.SOCK_STREAM if family < 16 else socket.SOCK_RAW)
        free.append(f"socket of family {family}")
    except PermissionError:
        pass
    except OSError as fault:
        free.append(f"socket of family {family}: {fault}")

# What a program needs of its own stays.
import resource, signal, threading
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
resource.prlimit(0, resource.RLIMIT_NOFILE)
resource.prlimit(os.getpid(), resource.RLIMIT_NOFILE)
os.sched_setaffinity(0, os.sched_getaffinity(0))
os.setpriority(os.PRIO_PROCESS, 0, 6)
os.nice(1)
os.kill(os.getpid(), 0)
signal.signal(signal.SIGUSR1, lambda *_: None)
signal.raise_signal(signal.SIGUSR1)
socket.socketpair()
thread = threading.Thread(target=lambda: None)
thread.start()
thread.join()
print("refused all" if not free else "NOT REFUSED " + "; ".join(free))
