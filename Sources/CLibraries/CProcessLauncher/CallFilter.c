#define _GNU_SOURCE
#include "Launching.h"

#if defined(__linux__)

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

void penstock_drop_powers(void) {
    // What stays is over files alone; the file rules and the users of files bound those.
    const unsigned kept = 1 << CAP_CHOWN | 1 << CAP_DAC_OVERRIDE | 1 << CAP_DAC_READ_SEARCH | 1 << CAP_FOWNER;
    for (unsigned long power = 0; power < 64; power++) {
        if (power >= 32 || !(kept >> power & 1)) prctl(PR_CAPBSET_DROP, power, 0, 0, 0);
    }
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct powers[2];
    if (syscall(SYS_capget, &header, powers) != 0) return;
    powers[0].effective &= kept;
    powers[0].permitted &= kept;
    powers[1].effective = powers[1].permitted = 0;
    powers[0].inheritable = powers[1].inheritable = 0;
    syscall(SYS_capset, &header, powers);
}

#if defined(__x86_64__)
#define AUDIT_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define AUDIT_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#if defined(AUDIT_ARCHITECTURE)

// Calls that older headers lack have the same number on every architecture.
enum {
    call_pidfd_send_signal = 424, call_io_uring_setup = 425, call_io_uring_enter = 426, call_io_uring_register = 427,
    call_open_tree = 428, call_move_mount = 429, call_fsopen = 430, call_fsconfig = 431, call_fsmount = 432,
    call_fspick = 433, call_clone3 = 435, call_pidfd_getfd = 438, call_process_madvise = 440, call_mount_setattr = 442,
    call_quotactl_fd = 443, call_memfd_secret = 447, call_process_mrelease = 448, call_open_tree_attr = 467, call_newest = 469,
};

/// Refused whatever is asked: what reads, stops, changes or takes from another process, what changes the machine or the
/// view of it, and ways around this filter.
static const int refused[] = {
    // Other processes.
    SYS_ptrace, SYS_kcmp, SYS_migrate_pages, SYS_move_pages, SYS_perf_event_open, call_pidfd_getfd,
    call_process_madvise, call_process_mrelease,
    // Objects that processes of one user share without a file.
    SYS_shmget, SYS_shmat, SYS_shmctl, SYS_semget, SYS_semop, SYS_semtimedop, SYS_semctl, SYS_msgget, SYS_msgsnd,
    SYS_msgrcv, SYS_msgctl, SYS_mq_open, SYS_mq_unlink, SYS_add_key, SYS_request_key, SYS_keyctl,
    // Another view of the machine.
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns, call_open_tree, call_move_mount,
    call_fsopen, call_fsconfig, call_fsmount, call_fspick, call_mount_setattr, call_open_tree_attr,
    // The machine.
    SYS_reboot, SYS_kexec_load, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_swapon, SYS_swapoff,
    SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime, SYS_adjtimex, SYS_sethostname, SYS_setdomainname, SYS_acct,
    SYS_quotactl, call_quotactl_fd, SYS_syslog, SYS_vhangup, SYS_bpf, SYS_fanotify_init,
#if defined(__x86_64__)
    SYS_iopl, SYS_ioperm,
#endif
#ifdef SYS_kexec_file_load
    SYS_kexec_file_load,
#endif
    // Ways around this filter or the file rules.
    call_io_uring_setup, call_io_uring_enter, call_io_uring_register, SYS_userfaultfd, SYS_name_to_handle_at,
    SYS_open_by_handle_at,
};

/// Allowed on the caller itself: the first argument is 0 or its number. (Threads of it have numbers nobody knows yet.)
static const int own[] = {
    SYS_prlimit64, SYS_sched_setaffinity, SYS_sched_setscheduler, SYS_sched_setparam, SYS_sched_setattr,
    SYS_process_vm_readv, SYS_process_vm_writev,
};

/// As `own`, where nothing else keeps signals inside the plugin.
static const int own_signals[] = {SYS_kill, SYS_tkill, SYS_tgkill, SYS_rt_sigqueueinfo, SYS_rt_tgsigqueueinfo};

enum {
    namespaces = 0x7E020000, // the CLONE_NEW* flags
    limit = 600
};

struct program {
    struct sock_filter steps[limit];
    unsigned short count;
};

static void add(struct program *program, unsigned short code, unsigned value, unsigned char yes, unsigned char no) {
    if (program->count < limit) program->steps[program->count++] = (struct sock_filter){code, yes, no, value};
}

static void finish(struct program *program, unsigned verdict) { add(program, BPF_RET | BPF_K, verdict, 0, 0); }

static void refuse(struct program *program, int fault) { finish(program, SECCOMP_RET_ERRNO | fault); }

/// The low half of an argument: the kernel takes numbers of processes and flags from there.
static void load(struct program *program, int argument) {
    add(program, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * argument, 0, 0);
}

/// Runs the next `steps` only for a call; each ends with a verdict.
static void only(struct program *program, int call, unsigned char steps) {
    add(program, BPF_JMP | BPF_JEQ | BPF_K, call, 0, steps);
}

/// For a call: allowed where the argument is one of two values.
static void one_of(struct program *program, int call, int argument, unsigned first, unsigned second) {
    only(program, call, 5);
    load(program, argument);
    add(program, BPF_JMP | BPF_JEQ | BPF_K, first, 1, 0);
    add(program, BPF_JMP | BPF_JEQ | BPF_K, second, 0, 1);
    finish(program, SECCOMP_RET_ALLOW);
    refuse(program, EPERM);
}

/// For a call: refused where a bit of the mask, or with `value` exactly that of it, is in the argument.
static void without(struct program *program, int call, int argument, unsigned mask, unsigned value) {
    only(program, call, 5);
    load(program, argument);
    add(program, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
    add(program, BPF_JMP | (value ? BPF_JEQ : BPF_JGT) | BPF_K, value, 0, 1);
    refuse(program, EPERM);
    // The number again, for the rules that follow.
    add(program, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
}

/// For a call with a kind of target and a target: the process or the group of the caller.
static void own_target(struct program *program, int call, unsigned process, unsigned self) {
    only(program, call, 8);
    load(program, 0);
    add(program, BPF_JMP | BPF_JEQ | BPF_K, process, 1, 0);
    add(program, BPF_JMP | BPF_JEQ | BPF_K, process + 1, 0, 4);
    load(program, 1);
    add(program, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0);
    add(program, BPF_JMP | BPF_JEQ | BPF_K, self, 0, 1);
    finish(program, SECCOMP_RET_ALLOW);
    refuse(program, EPERM);
}

static void add_signals(struct program *program, unsigned self) {
    for (size_t i = 0; i < sizeof own_signals / sizeof *own_signals; i++) {
        // 0 is the own group to `kill`, and nobody to the others.
        one_of(program, own_signals[i], 0, self, 0);
    }
    only(program, call_pidfd_send_signal, 1);
    refuse(program, EPERM);
}

static void add_sockets(struct program *program, int allows_network) {
    only(program, SYS_socket, allows_network ? 6 : 1);
    if (allows_network) {
        load(program, 0);
        add(program, BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 2, 0);
        add(program, BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 1, 0);
        add(program, BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 0, 1); // names are looked up with it
        finish(program, SECCOMP_RET_ALLOW);
    }
    refuse(program, EACCES);
    // A connected pair reaches nobody; one of datagrams could be sent to any local socket.
    without(program, SYS_socketpair, 1, 0xF, SOCK_DGRAM);
}

/// Settings by which signals go to another process, and input into its terminal.
static void add_settings(struct program *program) {
    static const unsigned files[] = {F_SETOWN, 15 /* F_SETOWN_EX */};
    static const unsigned devices[] = {0x8901 /* FIOSETOWN */, 0x8902 /* SIOCSPGRP */, 0x5412 /* TIOCSTI */,
                                       0x540E /* TIOCSCTTY */, 0x541C /* TIOCLINUX */};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) without(program, SYS_fcntl, 1, ~0U, files[i]);
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++) without(program, SYS_ioctl, 1, ~0U, devices[i]);
}

int penstock_filter_calls(int allows_network, int keeps_signals_in) {
    struct program program;
    program.count = 0;
    unsigned self = (unsigned)getpid();
    add(&program, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
    add(&program, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCHITECTURE, 1, 0);
    refuse(&program, EPERM);
    add(&program, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
    add(&program, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1); // the x32 calls have numbers of their own
    refuse(&program, EPERM);
    add(&program, BPF_JMP | BPF_JGT | BPF_K, call_newest, 0, 1); // what comes later nobody has judged
    refuse(&program, ENOSYS);
    // Its flags are in memory; the C library goes over to `clone`, whose flags can be seen.
    only(&program, call_clone3, 1);
    refuse(&program, ENOSYS);
    // Memory that no limit of a process counts; who asks for it goes over to a file.
    only(&program, SYS_memfd_create, 1);
    refuse(&program, ENOSYS);
    only(&program, call_memfd_secret, 1);
    refuse(&program, ENOSYS);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        only(&program, refused[i], 1);
        refuse(&program, EPERM);
    }
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) one_of(&program, own[i], 0, 0, self);
    own_target(&program, SYS_setpriority, 0, self);
    own_target(&program, SYS_ioprio_set, 1, self);
    // To everyone at once is refused in any case: the kernel calls it done even where it reached nobody.
    if (keeps_signals_in) without(&program, SYS_kill, 0, ~0U, ~0U);
    else add_signals(&program, self);
    add_sockets(&program, allows_network);
    without(&program, SYS_clone, 0, namespaces, 0);
#ifdef SYS_mknod
    without(&program, SYS_mknod, 1, S_IFMT, S_IFCHR);
    without(&program, SYS_mknod, 1, S_IFMT, S_IFBLK);
#endif
    without(&program, SYS_mknodat, 2, S_IFMT, S_IFCHR);
    without(&program, SYS_mknodat, 2, S_IFMT, S_IFBLK);
    add_settings(&program);
    finish(&program, SECCOMP_RET_ALLOW);
    if (program.count == limit) {
        errno = E2BIG;
        return -1;
    }
    struct sock_fprog whole = {program.count, program.steps};
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole);
}

#else

int penstock_filter_calls(int allows_network, int keeps_signals_in) { return 0; }

#endif
#endif
